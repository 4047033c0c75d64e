"""Silent changes between Keras 2.15 and Keras 3 as Markdown, for `docs/what-changed.md`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from docs import support
from translation.evidence import SilentChange
from translation.keras2_to_3.rules import files

_HEAD = ("what", "Keras 2.15", "Keras 3", "difference", "keras2to3")


def sections() -> dict[str, Mapping[SilentChange, list[str]]]:
    """By family: every silent change with the classes that it affects."""
    families = support.families()
    found = {family.title: _together((r.name, q) for r in family.rules for q in r.quiet) for family in families}
    found["files"] = _together(files.CHANGES)
    return {title: changes for title, changes in found.items() if changes}


def listing() -> str:
    """A table for each family."""
    return "\n\n".join(f"## {title}\n\n{_table(changes)}" for title, changes in sections().items())


def _together(told: Iterable[tuple[str, SilentChange]]) -> Mapping[SilentChange, list[str]]:
    """Classes that share a change stand together."""
    classes: dict[SilentChange, list[str]] = {}
    for name, quiet in told:
        classes.setdefault(quiet, []).append(name)
    return classes


def _table(changes: Mapping[SilentChange, list[str]]) -> str:
    rows = (
        (", ".join(support.short_names(names)), quiet.before, quiet.after, quiet.difference, quiet.answer)
        for quiet, names in changes.items()
    )
    return support.markdown(_HEAD, rows)
