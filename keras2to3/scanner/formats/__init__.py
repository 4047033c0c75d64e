"""One module for each source format: read the file and report every policy that it violates."""
