"""The file of `--map`: a stored tensor or layer for each new variable or layer."""

from __future__ import annotations

from pathlib import Path

from interchange import strictjson
from keras2to3.user_files import reading


def read(path: Path) -> tuple[tuple[str, str], ...]:
    """Pairs of (variable, tensor). Raises ValueError for an invalid file."""
    content = reading.content(path)
    try:
        parsed = strictjson.parse(content)
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(parsed, dict) or not all(isinstance(value, str) for value in parsed.values()):
        raise ValueError(f'{path} is not of the form {{"variable": "tensor"}}')
    return tuple(parsed.items())
