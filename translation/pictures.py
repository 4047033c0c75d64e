"""The layers of a model and how they are connected, read off its config, whichever Keras 2 wrote it.

Nothing is refused here: of a config that no Keras reads, as much is drawn as it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from interchange.messages.changes import Change
from interchange.messages.details import MOST_EDGES, MOST_NODES, Edge, Node, Picture
from interchange.text import escaped

Path = tuple[str, ...]
_HISTORY = "keras_history"
_INPUT_SHAPES = ("batch_input_shape", "batch_shape")
_MOST_RULES = 100


@dataclass(frozen=True)
class Known:
    """What is known of the layers besides, by their paths; the numbers are counted with those of all layers inside."""

    shapes: Mapping[Path, str] = field(default_factory=dict)
    numbers: Mapping[Path, int] = field(default_factory=dict)
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partners: Mapping[str, str] = field(default_factory=dict)


def picture(architecture: Any, known: Known = Known()) -> Optional[Picture]:
    """The picture of a model; None if the config names no layers, or too many."""
    nodes: list[Node] = []
    edges: dict[Edge, None] = {}
    for path, entry, inputs in _placed(architecture, ()):
        if len(nodes) == MOST_NODES or len(edges) > MOST_EDGES:
            return None
        nodes.append(_node(path, entry, known))
        edges.update(dict.fromkeys(Edge(shown(source), shown(path)) for source in inputs))
    return drawn(nodes, edges)


def drawn(nodes: Sequence[Node], edges: Mapping[Edge, None]) -> Optional[Picture]:
    """A picture without edges to what it does not hold; None if it is empty, or too large."""
    paths = {node.path for node in nodes}
    kept = tuple(edge for edge in edges if edge.source in paths and edge.target in paths)
    too_large = len(nodes) > MOST_NODES or len(kept) > MOST_EDGES
    return None if too_large or not nodes else Picture(tuple(nodes), kept)


def shown(path: Path) -> str:
    """A path as a node has it."""
    return "/".join(map(escaped, path))


def rules_by_layer(changes: Sequence[Change], paths: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """What changed each layer, by the lines about it and about what it wraps."""
    known = frozenset(paths)
    found: dict[str, dict[str, None]] = {}
    for change in changes:
        if change.layer and (path := holding(change.layer, known)):
            found.setdefault(path, {})[change.rule] = None
    return {path: tuple(rules)[:_MOST_RULES] for path, rules in found.items()}


def numbers_by_layer(weights: Sequence[tuple[Path, int]]) -> Mapping[Path, int]:
    """How many numbers there are in and below each path, from those of each weight by the path of its layer."""
    found: dict[Path, int] = {}
    for path, count in weights:
        for end in range(1, len(path) + 1):
            found[path[:end]] = found.get(path[:end], 0) + count
    return found


def holding(layer: str, known: frozenset[str]) -> str | None:
    """The path of the node that a line is about: `bidirectional.backward_layer` is drawn as one with its wrapper."""
    while layer and layer not in known:
        layer = layer[: max(layer.rfind("."), layer.rfind("/"), 0)]
    return layer or None


def _node(path: Path, entry: Mapping[str, Any], known: Known) -> Node:
    name = shown(path)
    shape = known.shapes.get(path) or _input_shape(entry)
    rules, partner = known.rules.get(name, ()), known.partners.get(name)
    class_name = escaped(str(entry.get("class_name") or "")).rpartition(">")[2]
    return Node(name, class_name, shape, known.numbers.get(path, 0), rules, partner)


def _placed(entry: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any], Sequence[Path]]]:
    """Every layer below a model with its path, its config and the layers before it, a model before its own layers."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    layers = config if isinstance(config, list) else config.get("layers") if isinstance(config, Mapping) else None
    before: Optional[Path] = None
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, Mapping):
            continue
        place = (*path, _name(layer))
        sources = list(dict.fromkeys((*path, name) for name in _named(layer.get("inbound_nodes"))))
        if "inbound_nodes" not in layer and before is not None:
            sources = [before]
        yield place, layer, [source for source in sources if source != place]
        yield from _placed(layer, place)
        before = place


def _name(layer: Mapping[str, Any]) -> str:
    config = layer.get("config")
    inner = config.get("name") if isinstance(config, Mapping) else None
    return str(layer.get("name") or inner or layer.get("class_name") or "")


def _named(nodes: Any) -> Iterator[str]:
    """The names of layers in `inbound_nodes`: `["name", 0, 0]` up to Keras 2.15, and `keras_history` after it."""
    waiting = [nodes]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            history = value.get(_HISTORY)
            waiting += [history] if isinstance(history, list) else reversed(list(value.values()))
        elif isinstance(value, list):
            if len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int and type(value[2]) is int:
                yield value[0]
                value = value[3:]
            waiting += reversed(value)


def _input_shape(entry: Mapping[str, Any]) -> str:
    """The shape of an input as its config has it; that of any other layer depends on what it is called on."""
    config = entry.get("config")
    if entry.get("class_name") != "InputLayer" or not isinstance(config, Mapping):
        return ""
    shapes = (config.get(key) for key in _INPUT_SHAPES)
    return next((shape_text([shape]) for shape in shapes if isinstance(shape, (list, tuple))), "")


def shape_text(shapes: Sequence[Sequence[Any]]) -> str:
    """Shapes of the outputs of a layer, as Python writes them."""
    texts = (", ".join("None" if size is None else escaped(str(size)) for size in shape) for shape in shapes)
    return ", ".join(f"({text},)" if text and "," not in text else f"({text})" for text in texts)
