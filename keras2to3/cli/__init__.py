"""The command line: its arguments, their values, and the three commands."""
