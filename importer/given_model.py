"""The model that a function of the user's builds in Keras 3, and its variables under all names that files give them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from importer.foreign import foreign
from importer.matching import Tensor
from importer.matching.tensor import layer_path, snake_case
from interchange.builders import Builder

_INPUT = "let it begin with keras.Input(shape), so that its weights are there"
_WEIGHTS = "`--format weights` asks for a .weights.h5, in which no class lies"
Path = tuple[str, ...]


def build(builder: Builder, kind: str) -> Any:
    """The model, with weights of no meaning yet.

    Raises `Failure(REFUSED)` for what is no model, or has no variables yet, or could not be opened as a `.keras`.
    """
    import keras

    model = builder.call()
    if not isinstance(model, keras.Model):
        raise builder.refusal(f"it returns {type(model).__name__} where a keras.Model has to be")
    if not model.built or not model.weights:
        raise builder.refusal("it returns a model that has no weights", _INPUT)
    if kind == "native" and (found := foreign(model)):
        raise builder.refusal(f"it builds {found}, which stock Keras 3 does not open in safe mode", _WEIGHTS)
    return model


def automatic(model: Any) -> frozenset[str]:
    """The names that Keras gives to layers like those of a model if nobody else does."""
    return frozenset(snake_case(type(layer).__name__) for layer in model._flatten_layers(include_self=False))


@dataclasses.dataclass(frozen=True)
class Place:
    """A variable, and the path of its layer by the names of layers, attributes, containers, or as checkpoints count."""

    variable: Any
    index: int
    layer: Any
    models: Path  # names of the models around, and of the layer in the innermost
    attributes: Path
    containers: Path
    counted: Path
    name: str
    cell: str = ""

    @property
    def named(self) -> tuple[Path, str]:
        """As layers call their weights: the scopes of TensorFlow in Keras 2 are the paths of Keras 3."""
        parts = self.variable.path.split("/")
        own = self.models[-1] if self.models else ""
        tail = parts[parts.index(own) + 1 :] if own in parts[:-1] else parts
        return (*self.models, *tail[:-1]), self.name

    def tensor(self, layout: str) -> Tensor:
        """The variable as a file of this layout would call it, with the name that the report calls it."""
        named, role = self.named
        path = {"layers": named, "loaded": self.attributes, "containers": self.containers, "checkpoint": self.counted}
        backwards = getattr(self.layer, "go_backwards", None)
        return Tensor(
            name="/".join((*named, role)),
            path=path[layout],
            role=str(self.index) if layout == "containers" else role,
            shape=tuple(self.variable.shape),
            dtype=str(self.variable.dtype),
            backwards=backwards,
            cell=self.cell,
        )


def places(model: Any) -> list[Place]:
    """Every weight of a model in the order of its layers; what is no weight, such as the state of a seed, is not."""
    start = Place(None, 0, None, (), (), (), (), "")
    return list(_in_model(model, start))


def _in_model(model: Any, at: Place) -> Iterator[Place]:
    yield from _own(model, at)
    counts: dict[str, int] = {}
    weighted = 0
    own = {} if _is_graph(model) else {id(child): (path, counted) for path, counted, child in _children(model)}
    for layer in model.layers:
        container = _counted(snake_case(type(layer).__name__), counts)
        path, counted = own.get(id(layer), ((f"layer_with_weights-{weighted}",), (container,)))
        below = dataclasses.replace(
            at,
            models=(*at.models, layer.name),
            attributes=(*at.attributes, layer.name),
            containers=layer_path((*at.containers, *counted)),
            counted=layer_path((*at.counted, *path)),
        )
        found = list(_in_layer(layer, below))
        weighted += bool(found)
        yield from found


def _is_graph(model: Any) -> bool:
    """Whether files count the layers of a model; those of a class of one's own are called after its attributes."""
    import keras

    return isinstance(model, keras.Sequential) or hasattr(model, "operations")


def _counted(name: str, counts: dict[str, int]) -> str:
    count = counts[name] = counts.get(name, -1) + 1
    return f"{name}_{count}" if count else name


def _in_layer(layer: Any, at: Place, reader: Any = None) -> Iterator[Place]:
    """`reader` is the recurrent layer around a cell, which knows the direction."""
    import keras

    if isinstance(layer, keras.Model):
        yield from _in_model(layer, at)
        return
    if hasattr(layer, "go_backwards"):
        reader = layer
    elif reader is not None:
        at = dataclasses.replace(at, cell=snake_case(type(layer).__name__).removesuffix("_cell"))
    yield from _own(layer, at, reader)
    for path, counted, child in _children(layer):
        below = dataclasses.replace(
            at,
            attributes=layer_path((*at.attributes, *path)),
            containers=layer_path((*at.containers, *counted)),
            counted=layer_path((*at.counted, *path)),
        )
        yield from _in_layer(child, below, reader)


def _own(layer: Any, at: Place, reader: Any = None) -> Iterator[Place]:
    seen: dict[str, int] = {}
    for index, variable in enumerate([*layer._trainable_variables, *layer._non_trainable_variables]):
        name = _numbered(variable.name, seen)
        yield dataclasses.replace(at, variable=variable, index=index, layer=reader, name=name)


def _numbered(name: str, seen: dict[str, int]) -> str:
    count = seen[name] = seen.get(name, -1) + 1
    return f"{name}#{count}" if count else name


def _children(layer: Any) -> Iterator[tuple[Path, Path, Any]]:
    """Layers that are attributes of one, or in a list that is: by attribute and number, and as Keras saves lists."""
    import keras

    seen: set[int] = set()
    for attribute, value in vars(layer).items():
        if attribute in ("_layers", "_tracker"):
            continue
        if isinstance(value, keras.layers.Layer):
            items: Sequence[tuple[Path, Path, Any]] = [((attribute,), (attribute,), value)]
        else:
            items = list(_listed(attribute, value))
        for path, counted, child in items:
            if id(child) not in seen:
                seen.add(id(child))
                yield path, counted, child


def _listed(attribute: str, value: Any) -> Iterator[tuple[Path, Path, Any]]:
    import keras

    counts: dict[str, int] = {}
    for index, item in enumerate(value if isinstance(value, (list, tuple)) else ()):
        if isinstance(item, keras.layers.Layer):
            counted = _counted(snake_case(type(item).__name__), counts)
            yield (attribute, str(index)), (attribute, counted), item
