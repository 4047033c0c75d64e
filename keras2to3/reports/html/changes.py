"""What is not as it was, by what it means for the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from interchange.messages.changes import Change

_KINDS = (
    ("lossy", "Lost", "The result does not have this."),
    ("semantic", "Written out", "Keras 3 computes something else here, so the computation of Keras 2 is written out."),
    ("training-only", "Training only", "No answer depends on this; it matters when the model is trained further."),
    ("structural", "Expressed otherwise", "Another form of the same."),
)


@dataclass(frozen=True)
class Row:
    """The same change of some layers; none of them is the model itself."""

    rule: str
    text: str
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """All changes of a kind."""

    kind: str
    title: str
    meaning: str
    count: int
    rows: tuple[Row, ...]


def groups(changes: Iterable[Change]) -> Sequence[Group]:
    """The kinds that occur, what is lost first."""
    changes = tuple(changes)
    found = (_group(kind, title, meaning, changes) for kind, title, meaning in _KINDS)
    return tuple(group for group in found if group.count)


def _group(kind: str, title: str, meaning: str, changes: Sequence[Change]) -> Group:
    layers: dict[tuple[str, str], list[str]] = {}
    own = [change for change in changes if change.kind == kind]
    for change in own:
        layers.setdefault((change.rule, change.text), []).append(change.layer)
    rows = tuple(Row(rule, text, tuple(filter(None, where))) for (rule, text), where in layers.items())
    return Group(kind, title, meaning, len(own), rows)
