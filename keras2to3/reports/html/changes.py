"""What is not as it was, by what it means for the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from interchange.messages.changes import Change
from keras2to3.reports.html.explanations import Explanation, explained

_TITLES = {
    "lossy": "Lost",
    "semantic": "Written out",
    "training-only": "Training only",
    "structural": "Expressed otherwise",
}


@dataclass(frozen=True)
class Row:
    """The same change of some layers; none of them is the model itself."""

    rule: str
    text: str
    layers: tuple[str, ...]
    why: Explanation | None


@dataclass(frozen=True)
class Group:
    """All changes of a kind."""

    kind: str
    title: str
    meaning: str
    count: int
    rows: tuple[Row, ...]


def groups(changes: Iterable[Change], meanings: Mapping[str, str]) -> Sequence[Group]:
    """The kinds that occur, what is lost first."""
    changes = tuple(changes)
    found = (_group(kind, title, meanings[kind], changes) for kind, title in _TITLES.items())
    return tuple(group for group in found if group.count)


def _group(kind: str, title: str, meaning: str, changes: Sequence[Change]) -> Group:
    layers: dict[tuple[str, str], list[str]] = {}
    own = [change for change in changes if change.kind == kind]
    for change in own:
        layers.setdefault((change.rule, change.text), []).append(change.layer)
    rows = tuple(Row(rule, text, tuple(filter(None, where)), explained(rule)) for (rule, text), where in layers.items())
    return Group(kind, title, meaning, len(own), rows)
