"""What an HDF5 group as `save` and `save_weights` of Keras 2 write it stores of each layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from interchange import memory
from interchange.errors import Exit, Failure

TOP = "top_level_model_weights"
"""The group of the weights that a model has itself, beside its layers."""


_ENDED = "the file is incomplete: save the model again, in another format if that fails"


class Top:
    """The weights that a model has itself, as if they were those of a layer."""

    name = TOP

    def __init__(self, model: Any) -> None:
        self.trainable_weights, self.non_trainable_weights = model._trainable_weights, model._non_trainable_weights


def listed(group: Any, attribute: str) -> list[str]:
    """A list of names; Keras cuts a long one into several attributes."""
    from keras.src.saving.legacy import hdf5_format

    return list(hdf5_format.load_attributes_from_hdf5_group(group, attribute))


def layers(group: Any) -> list[str]:
    """The layers that have weights, in the order of the file.

    Raises `Failure(UNREADABLE)` where one lacks, or lists a tensor twice: at that Keras fails halfway through saving a
    model, two weights of which are called alike, and the file stays.
    """
    names = listed(group, "layer_names")
    if lost := [name for name in names if name not in group]:
        raise Failure(Exit.UNREADABLE, f"the file lists layers that it does not hold: {', '.join(lost)}", _ENDED)
    weights = {name: listed(group[name], "weight_names") for name in (*names, *({TOP} & set(group)))}
    if twice := [name for name, own in weights.items() if len({*own}) < len(own)]:
        text = f"the file has one tensor for several weights of a layer: {', '.join(twice)}"
        raise Failure(Exit.UNREADABLE, text, _ENDED)
    return [name for name in names if weights[name]]


def ordered(wanted: Sequence[Any], group: Any, name: str) -> list[str]:
    """The names of a layer's arrays in the order of its weights.

    An inner model stores last what is frozen, so the order in the file is that of the time it was written.
    """
    names, own = listed(group[name], "weight_names"), [variable.name for variable in wanted]
    return own if len({*own}) == len(own) and sorted(names) == sorted(own) else names


def values(layer: Any, wanted: Sequence[Any], group: Any, name: str) -> Sequence[Any]:
    """The arrays of a layer in the order and the form of its weights in Keras 2.15."""
    from keras.src.saving.legacy import hdf5_format

    about = {key: group.attrs.get(key) for key in ("keras_version", "backend")}
    texts = {key: value.decode() if isinstance(value, bytes) else value for key, value in about.items()}
    arrays = [_read(group[name][weight]) for weight in ordered(wanted, group, name)]
    made: Sequence[Any] = hdf5_format.preprocess_weights_for_loading(
        layer, arrays, texts["keras_version"] or "1", texts["backend"]
    )
    return made


def rows(group: Any) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """The layer, the name and the shape of every array that a layer lists; who restores tells of those that lack."""
    for layer in filter(group.__contains__, listed(group, "layer_names")):
        for name in filter(group[layer].__contains__, listed(group[layer], "weight_names")):
            yield layer, name, group[layer][name].shape


def told(group: Any, attribute: str) -> str | None:
    """What a file says of itself, the `backend` or the `keras_version`: with its weights, or at its root."""
    if group is None:
        return None
    found = group.attrs.get(attribute, group.file.attrs.get(attribute))
    return found.decode() if isinstance(found, bytes) else found


def _read(dataset: Any) -> Any:
    """A whole array; where it is large, into memory that a variable can take over."""
    if not memory.is_worth(dataset.shape or (), dataset.dtype.name):
        return dataset[()]
    array = memory.zeros(dataset.shape, dataset.dtype.name)
    dataset.read_direct(array)
    return array


def listing(file: Any) -> Any:
    """The group that lists its layers, the root or where a whole model has it; None in a `.weights.h5` of Keras 2.12.

    That one has the layout of the weights in a `.keras` file.
    """
    groups = (file, file.get("model_weights"))
    lists = (group for group in groups if any(name.startswith("layer_names") for name in getattr(group, "attrs", ())))
    return next(lists, None)


def claimed(group: Any) -> set[str]:
    """Names of the arrays that a layer lists."""
    parts = [group[name] for name in [*listed(group, "layer_names"), *({TOP} & set(group))]]
    return {part[name].name for part in parts for name in listed(part, "weight_names") if name in part}


def arrays(group: Any) -> set[str]:
    """Names of all arrays below a group; the static look has refused links before."""
    import h5py

    found: set[str] = set()
    for item in group.values():
        found |= arrays(item) if isinstance(item, h5py.Group) else {item.name}
    return found
