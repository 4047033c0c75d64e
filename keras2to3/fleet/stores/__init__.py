"""Where sources are read and results are written: a folder, or an object store that fsspec knows."""
