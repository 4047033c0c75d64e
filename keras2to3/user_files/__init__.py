"""Python files that a user names on the command line: read here, and run in a sandboxed worker only."""
