"""`check`: what `migrate` would do with a source, decided from its file alone."""
