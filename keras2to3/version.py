"""The version of keras2to3."""

__version__ = "0.1.0"
