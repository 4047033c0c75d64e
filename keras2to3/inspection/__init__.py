"""What is inside a source: found by the scanner, printed by the command."""
