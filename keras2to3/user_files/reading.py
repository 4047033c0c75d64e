"""Small files that a user names on the command line: read as a whole, and none is run."""

from __future__ import annotations

import ast
from pathlib import Path

_LARGEST = 16 << 20


def content(path: Path) -> bytes:
    """The bytes of a file. Raises ValueError if it cannot be read or is too large."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _LARGEST else b""
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if size > _LARGEST:
        raise ValueError(f"{path} is larger than {_LARGEST >> 20} MiB")
    return data


def python(text: bytes, name: Path | str) -> ast.Module:
    """The syntax tree of a Python file. Raises ValueError if it is not Python."""
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"{name} is not Python: line {error.lineno}: {error.msg}") from None
    except ValueError as error:
        raise ValueError(f"{name} is not Python: {error}") from None
