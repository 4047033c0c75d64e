"""Both models as graphs: what the script draws, and the same as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

from interchange.messages.details import Details, Node, Picture
from interchange.text import counted
from keras2to3.reports.html.filters import count, name
from keras2to3.reports.html.kinds import kind_of
from keras2to3.reports.report import Report
from translation.pictures import holding

_MOST_DRAWN = 1_500
"""Layers of a model that a browser places in bearable time."""

_MOST_ROWS = 1_000
_MOST_TEXTS = 12  # changes told of one layer


@dataclass(frozen=True)
class Side:
    """One of the two models."""

    key: str
    title: str
    layers: int
    changed: int
    blocked: int
    parameters: int
    is_drawn: bool
    nodes: tuple[Node, ...]
    more: int

    @property
    def sentence(self) -> str:
        """What the picture shows, in words."""
        parts = [counted(self.layers, "layer")]
        parts += [f"{count(self.changed)} of them changed"] if self.changed else []
        parts += [f"{count(self.blocked)} of them in the way"] if self.blocked else []
        return ", ".join(parts)


def sides(details: Details | None, report: Report) -> Sequence[Side]:
    """Those of both models that are known."""
    kind, before, after = kind_of(report), details and details.before, details and details.after
    both = (("before", kind.before if after else kind.alone, before), ("after", kind.after, after))
    return tuple(_side(key, title, picture, report) for key, title, picture in both if picture and picture.nodes)


def legend(sides: Sequence[Side], report: Report) -> Sequence[tuple[str, str]]:
    """The marks of layers that occur, and what they mean."""
    is_first = report.verification is not None and report.verification.first_difference is not None
    marks = (
        ("changed", "changed", any(side.changed for side in sides)),
        ("blocked", "in the way", any(side.blocked for side in sides)),
        ("first", "first difference", is_first),
        ("selected", "selected", True),
        ("partner", "its partner", len(sides) > 1),
    )
    return [(mark, text) for mark, text, occurs in marks if occurs]


def _side(key: str, title: str, picture: Picture, report: Report) -> Side:
    nodes, outer = picture.nodes, [node for node in picture.nodes if "/" not in node.path]
    marks = _Marks.of(report, picture)
    return Side(
        key=key,
        title=title,
        layers=len(nodes),
        changed=sum(bool(marks.rules(node)) for node in nodes),
        blocked=sum(bool(marks.problems(node)) for node in nodes),
        parameters=sum(node.parameters for node in outer or nodes),
        is_drawn=len(nodes) <= _MOST_DRAWN,
        nodes=tuple(replace(node, rules=marks.rules(node)) for node in nodes[:_MOST_ROWS]),
        more=len(nodes[_MOST_ROWS:]),
    )


@dataclass(frozen=True)
class _Marks:
    """What a report says of layers: the changes by their paths, the problems by those of nodes, and which is first."""

    told: Mapping[str, Sequence[str]]
    against: Mapping[str, Sequence[str]]
    first: Optional[str]

    @classmethod
    def of(cls, report: Report, picture: Picture) -> _Marks:
        told: dict[str, list[str]] = {}
        for change in report.changes:
            told.setdefault(change.layer, []).append(f"{change.rule}: {change.text}")
        against: dict[str, list[str]] = {}
        known = frozenset(node.path for node in picture.nodes)
        for problem in report.error.problems if report.error else ():
            if path := holding(problem.layer, known):
                against.setdefault(path, []).append(problem.text)
        first = report.verification.first_difference if report.verification else None
        return cls(told, against, first.layer if first else None)

    def changes(self, node: Node) -> Sequence[str]:
        """The changes that are told of a layer, by its own path or by that of its partner."""
        found = self.told.get(node.path) or (self.told.get(node.partner) if node.partner else None) or ()
        return found[:_MOST_TEXTS]

    def rules(self, node: Node) -> tuple[str, ...]:
        """What changed a layer, by the picture itself or by the changes that are told of it."""
        return node.rules or tuple(dict.fromkeys(text.partition(": ")[0] for text in self.changes(node)))

    def problems(self, node: Node) -> Sequence[str]:
        """Why a layer stands in the way of a result."""
        return self.against.get(node.path, ())[:_MOST_TEXTS]

    def is_first(self, node: Node) -> bool:
        """Whether a layer is the first to compute something else."""
        return self.first is not None and self.first in (node.path, node.partner)


def graph_data(details: Details, report: Report, sides: Sequence[Side]) -> dict[str, Any]:
    """What the script draws of the sides: nodes refer to each other by their places, whatever they are called."""
    pictures = {"before": details.before, "after": details.after}
    places = {key: _places(picture) for key, picture in pictures.items()}
    other = {"before": "after", "after": "before"}
    return {
        side.key: _graph(picture, side.title, places[side.key], places[other[side.key]], _Marks.of(report, picture))
        for side in sides
        if side.is_drawn and (picture := pictures[side.key])
    }


def _places(picture: Picture | None) -> Mapping[str, int]:
    return {node.path: place for place, node in enumerate(picture.nodes if picture else ())}


def _graph(
    picture: Picture, title: str, own: Mapping[str, int], others: Mapping[str, int], marks: _Marks
) -> dict[str, Any]:
    edges = (edge for edge in picture.edges if {edge.source, edge.target} <= own.keys())
    return {
        "title": title,
        "nodes": [_node(node, own, others, marks) for node in picture.nodes],
        "edges": [[own[edge.source], own[edge.target]] for edge in edges],
    }


def _node(node: Node, own: Mapping[str, int], others: Mapping[str, int], marks: _Marks) -> dict[str, Any]:
    outer, _, inner = node.path.rpartition("/")
    return {
        "path": name(node.path),
        "name": name(inner),
        "class": name(node.class_name),
        "shape": name(node.shape),
        "parameters": node.parameters,
        "rules": [name(rule) for rule in marks.rules(node)],
        "changes": [name(text, 400) for text in marks.changes(node)],
        "problems": [name(text, 400) for text in marks.problems(node)],
        "partner": others.get(node.partner) if node.partner is not None else None,
        "parent": own.get(outer) if outer else None,
        "first": marks.is_first(node),
    }
