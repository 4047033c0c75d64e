"""The results in the output folder: their names, locks, and how they and their reports are put in place."""
