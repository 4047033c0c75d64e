"""Functions in Python files that a user names: found without running the file."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from interchange.user_files.builders import Builder
from keras2to3.user_files import reading


def named(place: str, form: str) -> tuple[str, str, str]:
    """Absolute path, function and digest of what `FILE.py:FUNCTION` names.

    Raises ValueError for an invalid file or function; `form` is the expected form of the argument.
    """
    name, _, function = place.rpartition(":")
    if not (name and function.isidentifier()):
        raise ValueError(f"{place!r} is not of the form {form}")
    content = reading.content(Path(name))
    if function not in defined(content, name):
        raise ValueError(f"{name} defines no function {function}")
    return str(Path(name).resolve()), function, hashlib.sha256(content).hexdigest()


def builder(place: str) -> Builder:
    """The function that builds a model. Raises ValueError."""
    return Builder(*named(place, "FILE.py:FUNCTION"))


def defined(content: bytes, name: str) -> frozenset[str]:
    """The functions that a Python file defines, read without running it. Raises ValueError if it is not Python."""
    body = reading.python(content, name).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))
