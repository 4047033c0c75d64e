"""The scan in a process of its own: whatever a file does to its readers, the command only gets data."""
