"""Functions that a model file holds as the bytecode of some Python: read and followed, never run."""
