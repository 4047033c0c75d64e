"""Inject the fixed random numbers of the old model into the new one, so that their outputs can be compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from importer.restore.restore import is_within
from importer.verify import fixed_noise_in_user_layers
from interchange.bundle import Bundle
from interchange.errors import Failure, Problem, refused
from interchange.messages.changes import Change
from interchange.tensors import Array
from translation.operators.random.noise_source import source_name

_FILE = "noise.npz"
Path = tuple[str, ...]
_Given = Mapping[tuple[int, ...], Array]


def is_given(bundle: Bundle) -> bool:
    """Whether the old model draws random numbers."""
    return _FILE in bundle.manifest.files


def give(model: Any, bundle: Bundle, left_out: Collection[Path] = ()) -> None:
    """Make every source of noise in a loaded model return the numbers of the bundle.

    What was drawn within `left_out`, paths of layers that the model has no more, is nobody's. Raises `Failure` where
    there is noise that the model does not draw.
    """
    for path, arrays in _by_layer(bundle, left_out).items():
        own = _own(model, path)
        if own is not None:
            fixed_noise_in_user_layers.give(own, "/".join(path), arrays)
            continue
        for index, given in arrays.items():
            source = _source(model, path, index)
            if source is None:
                raise _nowhere(model, "/".join(path))
            source.call = _answering(given)


def _nowhere(model: Any, name: str) -> Failure:
    text = "it draws random numbers in Keras 2, and its counterpart in Keras 3 does not"
    hint = _NAMED if any(map(_is_of_the_user, model._flatten_layers())) else None
    return refused([Problem(name, "", text, unblock=hint)], f"{name}: {text}", hint)


_NAMED = (
    "Let the class for Keras 3 keep the layers that draw in the attributes of the one for Keras 2, and its own name: "
    "Keras loses that of a class without get_config, unless its __init__ takes **kwargs, of that very name."
)


def told(model: Any, bundle: Bundle, left_out: Collection[Path] = ()) -> list[Change]:
    """Lines for the report about layers of the user's that were given noise; the others are told as they are made."""
    layers = [(path, _own(model, path)) for path in _by_layer(bundle, left_out)]
    return [fixed_noise_in_user_layers.change(own, "/".join(path)) for path, own in layers if own is not None]


def _by_layer(bundle: Bundle, left_out: Collection[Path]) -> Mapping[Path, fixed_noise_in_user_layers.Arrays]:
    """What every layer was given in Keras 2; nothing where the model does not draw."""
    found: dict[Path, dict[int, dict[tuple[int, ...], Array]]] = {}
    for row in bundle.rows(_FILE) if is_given(bundle) else ():
        path, index = tuple(row.facts["layer"]), int(row.facts["index"])
        if not is_within(path, left_out):
            found.setdefault(path, {}).setdefault(index, {})[tuple(row.shape)] = bundle.read(row)
    return found


def _own(model: Any, path: Path) -> Any:
    """The layer at a path, if it is of a class of the user's or within one; None otherwise."""
    place, is_own = model, False
    for step in path:
        place = _below(place, step)
        is_own = is_own or (place is not None and _is_of_the_user(place))
    return place if is_own and hasattr(place, "call") else None


def _is_of_the_user(place: Any) -> bool:
    module = type(place).__module__.partition(".")[0]
    return module not in ("keras", "builtins") and not hasattr(place, "operations")


def _below(place: Any, step: str) -> Any:
    """What is in a model by its name, in a list or a dictionary, and in anything else by its attribute."""
    import keras

    if isinstance(place, keras.Model):
        return _child(place, step)
    if isinstance(place, Mapping):
        return place.get(step)
    if isinstance(place, Sequence):
        return place[int(step)] if step.isdecimal() and int(step) < len(place) else None
    return getattr(place, step, None) or getattr(place, f"_{step}", None)


def _source(model: Any, path: Sequence[str], index: int) -> Any:
    """The source of a draw: beside the old layer's place, or inside what stands there."""
    place = model
    for step in path[:-1]:
        place = _child(place, step)
    inside = _child(place, path[-1])
    return _child(place, source_name(path[-1], index)) or _child(inside, source_name("", index))


def _child(layer: Any, step: str) -> Any:
    """A layer of a model by its name, or of another layer by its attribute."""
    if hasattr(layer, "layers"):
        return next((child for child in layer.layers if child.name == step.replace("/", "_")), None)
    return getattr(layer, step, None)


def _answering(arrays: _Given) -> Callable[..., Any]:
    def given(shape: tuple[int, ...]) -> Array:
        if shape not in arrays:
            raise ValueError(f"noise is drawn in the shape {shape}, and in {sorted(arrays)} by the old model")
        return np.asarray(arrays[shape], "float32")

    def call(places: Any, **_: Any) -> Any:
        from keras import ops

        shape = tuple(places.shape)
        return _when_it_runs(given, places) if None in shape else ops.convert_to_tensor(given(shape))

    return call


def _when_it_runs(given: Callable[[tuple[int, ...]], Array], places: Any) -> Any:
    """The noise in a graph that is traced, which only TensorFlow is, and knows its sizes when it runs."""
    import tensorflow as tf

    sizes = tf.shape(places)
    made = tf.numpy_function(lambda found: given(tuple(map(int, found))), [sizes], "float32")
    made.set_shape(places.shape)
    return made
