"""The names that a file has for the layers of a model: numbers, attributes or names, as the file itself shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from importer.restore.matching.tensor import CONTAINERS, FOLDER, layer_path
from translation.layer_names import snake_case

Path = tuple[str, ...]
_TRACKED = ("_layers", "_tracker", "_trainable_variables", "_non_trainable_variables", "_losses", "_self_")


@dataclass(frozen=True)
class Called:
    """The names of a `layout`; `there` are the paths of all layers and weights in a file, with what they lie in."""

    layout: str = "layers"
    there: Collection[Path] = field(default=frozenset())

    def layers(self, model: Any, above: Path) -> Mapping[int, Path]:
        """The path of each layer in the file by its id, for a model at the path `above`."""
        if self.layout == CONTAINERS:
            return {
                id(layer): next((way for way in ways if way in self.there), ways[0])
                for layer, ways in _in_containers(model, above)
            }
        found = [{key: (*above, *layer_path(path)) for key, path in way.items()} for way in _in_checkpoints(model)]
        return max(found, key=lambda way: sum(path in self.there for path in way.values()))

    def ways(self, model: Any) -> Iterator[Path]:
        """Every path that a layer of the outermost model may have in the file."""
        if self.layout == CONTAINERS:
            yield from (way for _, ways in _in_containers(model, ()) for way in ways)
        else:
            yield from (layer_path(path) for way in _in_checkpoints(model) for path in way.values())

    def weight(self, layer: Any, variable: Any, name: str, above: Path) -> Path:
        """The path of a weight: Keras 2 goes by its name, or the attribute of a layer that has it without naming it."""
        attribute = attribute_of(layer, variable)
        ways = [(*above, name), *([(*above, *layer_path(attribute))] if attribute else [])]
        return next((way for way in ways if way in self.there), ways[0])


def paths(rows: Iterable[tuple[Path, str]]) -> frozenset[Path]:
    """The paths of weights and of everything around them."""
    whole = [(*path, role) for path, role in rows]
    return frozenset(path[: number + 1] for path in whole for number in range(len(path)))


def _in_containers(model: Any, above: Path) -> Iterator[tuple[Any, list[Path]]]:
    """Every layer with its possible paths: Keras 2.15 uses attributes, and numbers for layers without one."""
    counts: dict[str, int] = {}
    own = {} if _is_graph(model) else {id(child): counted for _, counted, child in children(model)}
    for layer in model.layers:
        folder = (*above, FOLDER, _counted(snake_case(type(layer).__name__), counts))
        attribute = own.get(id(layer))
        ways = [*([(*above, *layer_path(attribute))] if attribute else []), folder]
        yield layer, [*ways, *([] if attribute else [(*above, layer.name)])]


def _in_checkpoints(model: Any) -> Iterator[Mapping[int, Path]]:
    """The ways in which a checkpoint may name all layers of a model, the usual one first."""
    weighted = [layer for layer in model.layers if layer.weights]
    counted = {id(layer): (f"layer_with_weights-{number}",) for number, layer in enumerate(weighted)}
    names = {id(layer): (layer.name,) for layer in model.layers}
    if _is_graph(model):
        yield {**names, **counted}
        yield names
    else:
        yield {**names, **{id(child): path for path, _, child in children(model)}}
        yield {**names, **counted}


def _is_graph(model: Any) -> bool:
    """Whether files number the layers of a model; those of a custom class are named after its attributes."""
    import keras

    return isinstance(model, keras.Sequential) or hasattr(model, "operations")


def _counted(name: str, counts: dict[str, int]) -> str:
    count = counts[name] = counts.get(name, -1) + 1
    return f"{name}_{count}" if count else name


def children(layer: Any) -> Iterator[tuple[Path, Path, Any]]:
    """Layers in the attributes of a layer, or in lists and dictionaries there, each once.

    With the path by attribute and number or key, and as Keras saves what is in a list.
    """
    import keras

    seen: set[int] = set()
    for attribute, value in vars(layer).items():
        if attribute.startswith(_TRACKED):
            continue
        counts: dict[str, int] = {}
        for path, item in _items(attribute, value):
            if isinstance(item, keras.layers.Layer) and id(item) not in seen:
                seen.add(id(item))
                counted = path if item is value else (attribute, _counted(snake_case(type(item).__name__), counts))
                yield path, counted, item


def attribute_of(layer: Any, variable: Any) -> Path | None:
    """The attribute of a layer that holds a variable, with its number or key in a list or dictionary."""
    return next((path for path, value in _attributes(layer) if value is variable), None)


def _attributes(layer: Any) -> Iterator[tuple[Path, Any]]:
    for attribute, value in vars(layer).items():
        if not attribute.startswith(_TRACKED):
            yield from _items(attribute, value)


def _items(attribute: str, value: Any) -> Sequence[tuple[Path, Any]]:
    """The value of an attribute, or the items of a list or dictionary."""
    if isinstance(value, (list, tuple)):
        return [((attribute, str(number)), item) for number, item in enumerate(value)]
    if isinstance(value, dict):
        return [((attribute, str(key)), item) for key, item in value.items()]
    return [((attribute,), value)]
