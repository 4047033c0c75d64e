"""Both models as graphs: what the script draws, and the same as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from interchange.messages.details import Details, Node, Picture
from interchange.text import counted
from keras2to3.reports.html.filters import count, name
from keras2to3.reports.report import Report

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
    parameters: int
    is_drawn: bool
    nodes: tuple[Node, ...]
    more: int

    @property
    def sentence(self) -> str:
        """What the picture shows, in words."""
        layers = counted(self.layers, "layer")
        return f"{layers}, {count(self.changed)} of them changed" if self.changed else layers


def sides(details: Details | None, report: Report) -> Sequence[Side]:
    """Those of both models that are known."""
    told = _told(report)
    both = (("before", "Before", details and details.before), ("after", "After", details and details.after))
    return tuple(_side(key, title, picture, told) for key, title, picture in both if picture and picture.nodes)


def _side(key: str, title: str, picture: Picture, told: Mapping[str, list[str]]) -> Side:
    nodes, outer = picture.nodes, [node for node in picture.nodes if "/" not in node.path]
    return Side(
        key=key,
        title=title,
        layers=len(nodes),
        changed=sum(bool(node.rules or _texts(node, told)) for node in nodes),
        parameters=sum(node.parameters for node in outer or nodes),
        is_drawn=len(nodes) <= _MOST_DRAWN,
        nodes=nodes[:_MOST_ROWS],
        more=len(nodes[_MOST_ROWS:]),
    )


def graph_data(details: Details, report: Report, sides: Sequence[Side]) -> dict[str, Any]:
    """What the script draws of the sides: nodes refer to each other by their places, whatever they are called."""
    first = report.verification.first_difference if report.verification else None
    told = _told(report)
    drawn = {side.key for side in sides if side.is_drawn}
    pictures = {"before": details.before, "after": details.after}
    places = {key: _places(picture) for key, picture in pictures.items()}
    other = {"before": "after", "after": "before"}
    return {
        key: _graph(pictures[key], places[key], places[other[key]], told, first.layer if first else None)
        for key in drawn
    }


def _places(picture: Picture | None) -> Mapping[str, int]:
    return {node.path: place for place, node in enumerate(picture.nodes if picture else ())}


def _told(report: Report) -> Mapping[str, list[str]]:
    told: dict[str, list[str]] = {}
    for change in report.changes:
        told.setdefault(change.layer, []).append(f"{change.rule}: {change.text}")
    return told


def _graph(
    picture: Optional[Picture],
    own: Mapping[str, int],
    others: Mapping[str, int],
    told: Mapping[str, list[str]],
    first: Optional[str],
) -> dict[str, Any]:
    nodes = picture.nodes if picture else ()
    edges = picture.edges if picture else ()
    return {
        "nodes": [_node(node, own, others, told, first) for node in nodes],
        "edges": [[own[edge.source], own[edge.target]] for edge in edges if {edge.source, edge.target} <= own.keys()],
    }


def _texts(node: Node, told: Mapping[str, list[str]]) -> Sequence[str]:
    """The changes that are told of a layer, by its own path or by that of its partner."""
    changes = told.get(node.path) or (told.get(node.partner) if node.partner else None) or []
    return changes[:_MOST_TEXTS]


def _node(
    node: Node, own: Mapping[str, int], others: Mapping[str, int], told: Mapping[str, list[str]], first: Optional[str]
) -> dict[str, Any]:
    outer, _, inner = node.path.rpartition("/")
    return {
        "path": name(node.path),
        "name": name(inner),
        "class": name(node.class_name),
        "shape": name(node.shape),
        "parameters": node.parameters,
        "rules": [name(rule) for rule in node.rules],
        "changes": [name(text, 400) for text in _texts(node, told)],
        "partner": others.get(node.partner) if node.partner is not None else None,
        "parent": own.get(outer) if outer else None,
        "first": first is not None and first in (node.path, node.partner),
    }
