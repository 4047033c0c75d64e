"""The configuration: `[tool.keras2to3]` of a `pyproject.toml`, or `keras2to3.toml`."""

LARGEST = 1 << 20
"""Bytes of a configuration at most."""
