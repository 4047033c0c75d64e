"""The Keras 3 model that a function of the user's builds, and its variables by all names that files have."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from importer.build.call_counts import Called, children
from importer.restore.matching import Tensor
from importer.restore.matching.tensor import CHECKPOINT, CONTAINERS, layer_path, without_folders
from importer.save.safe_mode_check import foreign
from interchange.user_files.builders import Builder
from translation.layer_names import snake_case

_INPUT = "let it begin with keras.Input(shape), so that its weights exist"
_WEIGHTS = "`--format weights` writes a .weights.h5, which holds no class"
Path = tuple[str, ...]
_USUAL = Called()


def build(builder: Builder, kind: str) -> Any:
    """The model with its initial weights.

    Raises `Failure(REFUSED)` for what is no model, or has no variables yet, or could not be opened as a `.keras`.
    """
    import keras

    model = builder.call()
    if not isinstance(model, keras.Model):
        raise builder.refusal(f"it returns {type(model).__name__}, not a keras.Model")
    if not model.built or not model.weights:
        raise builder.refusal("it returns a model that has no weights", _INPUT)
    if kind == "native" and (found := foreign(model)):
        raise builder.refusal(f"it builds {found}, which Keras 3 does not open in safe mode", _WEIGHTS)
    return model


def automatic(model: Any) -> frozenset[str]:
    """The names that Keras gives to layers of these classes by default."""
    return frozenset(snake_case(type(layer).__name__) for layer in model._flatten_layers(include_self=False))


@dataclasses.dataclass(frozen=True)
class Place:
    """A variable, and the path of its layer by the names of layers, by attributes, and as the file calls it."""

    variable: Any
    index: int
    layer: Any
    models: Path  # names of the models around, and of the layer in the innermost
    attributes: Path
    stored: Path
    name: str
    cell: str = ""
    weight: Path = ()  # as the file calls the variable itself

    @property
    def named(self) -> tuple[Path, str]:
        """The name in the layer: the TensorFlow scopes of Keras 2 are the paths of Keras 3."""
        parts = self.variable.path.split("/")
        own = self.models[-1] if self.models else ""
        tail = parts[parts.index(own) + 1 :] if own in parts[:-1] else parts[-1:] if not own else parts
        return (*self.models, *tail[:-1]), self.name

    def tensor(self, layout: str) -> Tensor:
        """The variable by its name in a file of this layout, with its name in the report."""
        named, role = self.named
        path = {"layers": named, "loaded": self.attributes, CONTAINERS: self.stored, CHECKPOINT: self.weight[:-1]}
        roles = {CONTAINERS: str(self.index), CHECKPOINT: self.weight[-1]}
        return Tensor(
            name="/".join((*named, role)),
            path=without_folders(path[layout]) if layout == CONTAINERS else path[layout],
            role=roles.get(layout, role),
            shape=tuple(self.variable.shape),
            dtype=str(self.variable.dtype),
            backwards=getattr(self.layer, "go_backwards", None),
            cell=self.cell,
        )


def places(model: Any, called: Called = _USUAL) -> list[Place]:
    """Every weight of a model in the order of its layers, without other variables such as the state of a seed."""
    return list(_in_model(model, Place(None, 0, None, (), (), (), ""), called))


def known(model: Any, layout: str) -> frozenset[Path]:
    """The paths of a model and of its weights in files of a layout."""
    called = Called(layout)
    weights = {place.weight if layout == CHECKPOINT else (*place.stored, str(place.index)) for place in places(model)}
    return frozenset({*weights, *called.ways(model)})


def _in_model(model: Any, at: Place, called: Called) -> Iterator[Place]:
    yield from _own(model, at, called)
    names = called.layers(model, at.stored)
    for layer in model.layers:
        below = dataclasses.replace(
            at, models=(*at.models, layer.name), attributes=(*at.attributes, layer.name), stored=names[id(layer)]
        )
        yield from _in_layer(layer, below, called)


def _in_layer(layer: Any, at: Place, called: Called, reader: Any = None) -> Iterator[Place]:
    """`reader` is the recurrent layer around a cell, which knows the direction."""
    import keras

    if isinstance(layer, keras.Model):
        yield from _in_model(layer, at, called)
        return
    if hasattr(layer, "go_backwards"):
        reader = layer
    elif reader is not None:
        at = dataclasses.replace(at, cell=snake_case(type(layer).__name__).removesuffix("_cell"))
    yield from _own(layer, at, called, reader)
    for path, counted, child in children(layer):
        below = dataclasses.replace(
            at,
            attributes=layer_path((*at.attributes, *path)),
            stored=layer_path((*at.stored, *(counted if called.layout == CONTAINERS else path))),
        )
        yield from _in_layer(child, below, called, reader)


def _own(layer: Any, at: Place, called: Called, reader: Any = None) -> Iterator[Place]:
    seen: dict[str, int] = {}
    for index, variable in enumerate([*layer._trainable_variables, *layer._non_trainable_variables]):
        name = _numbered(variable.name, seen)
        weight = called.weight(layer, variable, name, at.stored)
        yield dataclasses.replace(at, variable=variable, index=index, layer=reader, name=name, weight=weight)


def _numbered(name: str, seen: dict[str, int]) -> str:
    count = seen[name] = seen.get(name, -1) + 1
    return f"{name}#{count}" if count else name
