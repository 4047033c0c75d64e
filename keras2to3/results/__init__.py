"""What a migration leaves in the output folder: names, locks, and how results and reports are put in place."""
