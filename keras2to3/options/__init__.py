"""The options of each command, and which of them hold for which source."""
