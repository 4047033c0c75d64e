"""The instructions of every Python, and what each does."""
