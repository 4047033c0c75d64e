"""Training state that is hostile, or does not fit: made with h5py from models that are trained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

SLOTS = "optimizer_weights"
LAST = 2**63 - 1


@dataclass(frozen=True)
class Odd:
    """A file that `edit` makes of a model, what becomes of its state, and what the report has to name."""

    edit: Callable[[h5py.File], None]
    optimizer: str
    says: str
    model: str = "reduced"


def _config(**values: Any) -> Callable[[h5py.File], None]:
    """Other values in the training config."""

    def edit(file: h5py.File) -> None:
        config = json.loads(file.attrs["training_config"])
        file.attrs["training_config"] = json.dumps({**config, **values})

    return edit


def _optimizer(class_name: str, **settings: Any) -> Callable[[h5py.File], None]:
    return _config(optimizer_config={"class_name": class_name, "config": {"name": class_name, **settings}})


def _names(file: h5py.File) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else name for name in file[SLOTS].attrs["weight_names"]]


def _slots(change: Callable[[list[tuple[str, Any]]], list[tuple[str, Any]]]) -> Callable[[h5py.File], None]:
    """The stored slots by their names after `change`."""

    def edit(file: h5py.File) -> None:
        kept = change([(name, np.asarray(file[SLOTS][name])) for name in _names(file)])
        del file[SLOTS]
        file.create_group(SLOTS).attrs["weight_names"] = [name.encode() for name, _ in kept]
        for name, value in kept:
            file[SLOTS][name] = value

    return edit


def _as_keras_2_2(file: h5py.File) -> None:
    """The slots without names, and the settings by the names they had then."""
    config = json.loads(file.attrs["training_config"])
    settings = config["optimizer_config"]["config"]
    settings["lr"] = settings.pop("learning_rate")
    del settings["name"]
    file.attrs["training_config"] = json.dumps({**config, "metrics": ["mae"], "sample_weight_mode": None})
    file.attrs["keras_version"] = "2.2.4"
    _slots(lambda slots: [(f"training/Adam/Variable_{i}:0", value) for i, (_, value) in enumerate(slots)])(file)


CASES = {
    "module": Odd(_config(metrics=[["os.system"]]), "dropped", "os.system"),
    "bytes": Odd(lambda file: file.attrs.__setitem__("training_config", np.arange(4)), "dropped", "no optimizer"),
    "only_steps": Odd(_slots(lambda slots: slots[:1]), "rebuilt", "keeps for weights, after"),
    "arrow": Odd(_config(loss="keras.utils>get_file"), "dropped", "get_file"),
    "addon": Odd(_optimizer("Addons>LAMB", learning_rate=0.01), "dropped", "LAMB"),
    "other_output": Odd(_config(loss={"nothing": "mse"}), "dropped", "nothing"),
    "negative": Odd(_slots(lambda slots: [(slots[0][0], np.int64(-5)), *slots[1:]]), "rebuilt", "-5 steps"),
    "missing": Odd(_slots(lambda slots: slots[:-1]), "rebuilt", "does not store"),
    "surplus": Odd(_slots(lambda slots: [*slots, ("Adam/more:0", np.ones(3, "float32"))]), "rebuilt", "more"),
    "other_shape": Odd(_slots(lambda slots: [(name, value.T) for name, value in slots]), "rebuilt", "shape"),
    "nowhere": Odd(lambda file: file.__delitem__(SLOTS), "rebuilt", "optimizer"),
    "nan": Odd(_slots(lambda slots: [slots[0], *((n, np.full_like(v, np.nan)) for n, v in slots[1:])]), "kept", ""),
    "last": Odd(_slots(lambda slots: [(slots[0][0], np.int64(LAST)), *slots[1:]]), "dropped", "iterations"),
    "shuffled": Odd(_slots(lambda slots: [slots[0], *slots[:0:-1]]), "kept", ""),
    "old": Odd(_as_keras_2_2, "kept", "", model="decaying"),
}
AS_EVER = {"shuffled": {}, "old": {"mae": "mean_absolute_error"}}
"""Cases that train on as their models do, with the names of metrics that are others."""


def make(models: Path, folder: Path, names: Iterable[str]) -> None:
    """Make these cases as `<folder>/<case>.h5`."""
    folder.mkdir()
    for name in names:
        case, path = CASES[name], folder / f"{name}.h5"
        shutil.copy(models / f"{case.model}.h5", path)
        with h5py.File(path, "r+") as file:
            case.edit(file)
