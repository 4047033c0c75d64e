"""Which file holds the configuration: the nearest one from a folder upwards."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras2to3.config import LARGEST

if TYPE_CHECKING:
    from keras2to3.config.document import Document, Key

OWN, SHARED = "keras2to3.toml", "pyproject.toml"
"""The names of configurations; the first is preferred in the same folder."""

_TABLE = ("tool", "keras2to3")

# The parser of TOML is imported when it is used: nox's Python may lack it.


def nearest(folder: Path) -> Path | None:
    """The configuration in a folder or in the nearest one above it. A `pyproject.toml` without our table is none.

    Raises `InvalidError` for one that names us and is no TOML.
    """
    from keras2to3.config.document import Document

    for place in (folder, *folder.parents):
        if os.path.lexists(place / OWN):
            return place / OWN
        if _names_us(place / SHARED) and _table(Document.read(place / SHARED)) is not None:
            return place / SHARED
    return None


def may_exist(folder: Path) -> bool:
    """Whether `nearest` may find one, without reading any TOML, for which this Python may lack the parser."""
    places = (folder, *folder.parents)
    return any(os.path.lexists(place / OWN) or _names_us(place / SHARED, b"tool.keras2to3") for place in places)


def settings(document: Document) -> tuple[Key, Mapping[str, Any]]:
    """The keys that lead to the settings, and the settings. Raises `InvalidError` where there are none."""
    from keras2to3.config.document import InvalidError, Problem

    if document.path.name != SHARED:
        return (), document.content
    table = _table(document)
    if table is None:
        raise InvalidError(Problem(document.path, None, "has no table [tool.keras2to3]"))
    if not isinstance(table, Mapping):
        raise InvalidError(Problem(document.path, document.line(_TABLE), "tool.keras2to3 has to be a table"))
    return _TABLE, table


def _table(document: Document) -> Any:
    tool = document.content.get("tool")
    return tool.get("keras2to3") if isinstance(tool, Mapping) else None


def _names_us(path: Path, name: bytes = b"keras2to3") -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return name in file.read(LARGEST + 1)
    except OSError:  # of somebody else
        return False
