"""Processes are killed, the power is cut, the disk fails: what is left then, and what the next run makes of it."""
