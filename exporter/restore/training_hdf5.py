"""The training of a whole model in HDF5: an attribute says how it was compiled, and a group is its optimizer."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from exporter.restore import hdf5_weights
from exporter.restore.stored_training import StoredTensor, StoredTraining
from translation.training.matching import Stored
from translation.training_state import WHOLE_H5

_CONFIG, _NAMES = "training_config", "weight_names"
_UNTRAINED = ("", "null")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[StoredTraining | None]:
    """The training of the model in a file, which is open as long as tensors are read; None if it is not compiled."""
    import h5py

    with h5py.File(path, "r") as file:
        config = _config(file)
        yield None if config is None else _training(config, file)


def _config(file: Any) -> Mapping[str, Any] | None:
    text = file.attrs.get(_CONFIG)
    text = text.decode() if isinstance(text, bytes) else text
    if text is None or text.strip() in _UNTRAINED:
        return None
    parsed: Mapping[str, Any] = json.loads(text)
    return parsed


def _training(config: Mapping[str, Any], file: Any) -> StoredTraining:
    import h5py

    group, weights = file.get(WHOLE_H5), file.get("model_weights")
    if not isinstance(group, h5py.Group):
        return StoredTraining(config)
    names = hdf5_weights.listed_names(group, _NAMES)
    if missing := [name for name in names if not isinstance(group.get(name), h5py.Dataset)]:
        return StoredTraining(config, broken=f"the file lists {missing[0]} of its optimizer and does not hold it")
    tensors = [tensor_of(group[name], name) for name in names]
    return StoredTraining(config, tensors, {} if weights is None else dict(_names(weights)))


def tensor_of(dataset: Any, name: str) -> StoredTensor:
    """A tensor that the file has as `dataset`."""
    return StoredTensor(Stored(name, tuple(dataset.shape or ())), lambda: dataset[()])


def _names(group: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of each weight in the account, with the name of its variable, which is in those of its slots."""
    layers = [*hdf5_weights.layers(group), *({hdf5_weights.TOP} & set(group))]
    for layer in layers:
        for name in hdf5_weights.weight_names(group, layer):
            if name in group[layer]:
                yield group[layer][name].name, (name.rpartition(":")[0] or name,)
