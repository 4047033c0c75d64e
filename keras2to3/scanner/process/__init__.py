"""The scanner in its own process: whatever a file does to its readers, the command only receives data."""
