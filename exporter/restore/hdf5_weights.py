"""What an HDF5 group that lists its layers stores of each: written by `save` and `save_weights` of Keras 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from interchange.errors import Exit, Failure
from interchange.workers import memory

TOP = "top_level_model_weights"
"""The group of the weights that a model has itself, beside its layers."""

_INCOMPLETE = "the file is incomplete: save the model again, in another format if that fails"


class TopLevelWeights:
    """The weights that a model has itself, as if they were those of a layer."""

    name = TOP

    def __init__(self, model: Any) -> None:
        self.trainable_weights, self.non_trainable_weights = model._trainable_weights, model._non_trainable_weights


def listed_names(group: Any, attribute: str) -> list[str]:
    """A list of names; Keras splits a long one into several attributes."""
    from keras.src.saving.legacy import hdf5_format

    return list(hdf5_format.load_attributes_from_hdf5_group(group, attribute))


def weight_names(group: Any, layer: str) -> list[str]:
    """The names of the arrays of a layer, in the order of the file."""
    return listed_names(group[layer], "weight_names")


def layers(group: Any) -> list[str]:
    """The layers that have weights, in the order of the file.

    Raises `Failure(UNREADABLE)` if a listed layer is missing or lists a tensor twice: Keras fails halfway through
    saving a model with two weights of one name, and the file stays.
    """
    names = listed_names(group, "layer_names")
    if missing := [name for name in names if name not in group]:
        text = f"the file lists layers that it does not hold: {', '.join(missing)}"
        raise Failure(Exit.UNREADABLE, text, _INCOMPLETE)
    weights = {name: weight_names(group, name) for name in (*names, *({TOP} & set(group)))}
    if twice := [name for name, own in weights.items() if len({*own}) < len(own)]:
        text = f"the file has one tensor for several weights of a layer: {', '.join(twice)}"
        raise Failure(Exit.UNREADABLE, text, _INCOMPLETE)
    return [name for name in names if weights[name]]


def ordered_names(variables: Sequence[Any], group: Any, layer: str) -> list[str]:
    """The names of a layer's arrays in the order of its variables.

    A nested model stores frozen weights last, so the order in the file is that of the time it was written.
    """
    names, own = weight_names(group, layer), [variable.name for variable in variables]
    return own if len({*own}) == len(own) and sorted(names) == sorted(own) else names


def values(layer: Any, variables: Sequence[Any], group: Any, name: str) -> tuple[Sequence[Any], bool]:
    """The arrays of a layer in the order and the form of its variables in Keras 2.15, and whether that is another one.

    Keras 1, Theano and cuDNN had other forms.
    """
    from keras.src.saving.legacy import hdf5_format

    attributes = {key: _text(group.attrs.get(key)) for key in ("keras_version", "backend")}
    arrays = [_read(group[name][weight]) for weight in ordered_names(variables, group, name)]
    converted: Sequence[Any] = hdf5_format.preprocess_weights_for_loading(
        layer, list(arrays), attributes["keras_version"] or "1", attributes["backend"]
    )
    is_same = len(arrays) == len(converted) and all(new is old for new, old in zip(converted, arrays))
    return converted, not is_same


def shapes(group: Any) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """The layer, the name and the shape of every listed array; missing ones are reported when weights are restored."""
    for layer in filter(group.__contains__, listed_names(group, "layer_names")):
        for name in filter(group[layer].__contains__, weight_names(group, layer)):
            yield layer, name, group[layer][name].shape


def attribute(group: Any, name: str) -> str | None:
    """The `backend` or `keras_version` of a file, which stands with its weights or at its root."""
    return None if group is None else _text(group.attrs.get(name, group.file.attrs.get(name)))


def _text(value: Any) -> str | None:
    return value.decode() if isinstance(value, bytes) else value


def _read(dataset: Any) -> Any:
    """A whole array; a large one in memory that a variable can take over."""
    if not memory.is_worth(dataset.shape or (), dataset.dtype.name):
        return dataset[()]
    array = memory.zeros(dataset.shape, dataset.dtype.name)
    dataset.read_direct(array)
    return array


def layer_list(file: Any) -> Any:
    """The group that lists its layers, the root or that of a whole model; None in a `.weights.h5` of Keras 2.12.

    That one has the layout of the weights in a `.keras` file.
    """
    groups = (file, file.get("model_weights"))
    lists = (group for group in groups if any(name.startswith("layer_names") for name in getattr(group, "attrs", ())))
    return next(lists, None)


def listed_arrays(group: Any) -> set[str]:
    """The full names of the arrays that a layer lists."""
    layers = [*listed_names(group, "layer_names"), *({TOP} & set(group))]
    pairs = ((group[layer], name) for layer in layers for name in weight_names(group, layer))
    return {part[name].name for part, name in pairs if name in part}


def arrays(group: Any) -> set[str]:
    """The full names of all arrays below a group; the scanner has refused links."""
    import h5py

    names: set[str] = set()
    for item in group.values():
        names |= arrays(item) if isinstance(item, h5py.Group) else {item.name}
    return names
