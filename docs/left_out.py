"""Defaults that have changed as Markdown, for `docs/handbook/sources.md`."""

from __future__ import annotations

from docs import support
from translation.keras2_to_2_15.defaults import FORMER, Former
from translation.keras_releases import Release

_HEAD = ("layer", "argument", "meant", "before")


def listing() -> str:
    """A row for each argument of a layer."""
    rows = ((", ".join(row.classes), f"`{row.key}`", f"`{row.value!r}`", _before(row)) for row in FORMER)
    return support.markdown(_HEAD, rows)


def _before(row: Former) -> str:
    keras = [] if row.alone == (0,) else [f"Keras {_version(row.alone)}"]
    return ", ".join([*keras, f"TensorFlow {_version(row.within)}"])


def _version(release: Release) -> str:
    return ".".join(map(str, release))
