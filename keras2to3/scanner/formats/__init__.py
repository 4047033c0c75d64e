"""One module for each format a model may come in: what the file says, and every law it breaks."""
