"""Training state that is hostile, or does not fit: made with h5py from models that are trained."""

from __future__ import annotations

import functools
import json
import shutil
import zipfile
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
    """A file that `edit` makes of a model, what becomes of its state, and what the report has to name.

    `edit` is given an HDF5 file, or the path of an archive.
    """

    edit: Callable[[Any], None]
    optimizer: str
    says: str
    model: str = "reduced"
    suffix: str = ".h5"


def _as_text(text: Any) -> Callable[[h5py.File], None]:
    """Another attribute in the place of the training config."""
    return lambda file: file.attrs.__setitem__("training_config", text)


def _nested(depth: int) -> Any:
    return {"loss": functools.reduce(lambda inner, _: [inner], range(depth), [])}


def _in_archive(value: Any) -> Callable[[Path], None]:
    """Another `compile_config`."""

    def edit(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["config.json"] = json.dumps({**json.loads(members["config.json"]), "compile_config": value}).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)

    return edit


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
    "bytes": Odd(_as_text(np.arange(4)), "dropped", "is not text"),
    "truncated": Odd(_as_text('{"loss": "mse", "optimizer_config": {"class_na'), "dropped", "is not JSON"),
    "listed": Odd(_as_text('[{"class_name": "Adam"}]'), "dropped", "is a list"),
    "deep": Odd(_as_text('{"loss": ' + "[" * 2000 + "]" * 2000 + "}"), "dropped", "nested deeper"),
    "twice": Odd(_as_text('{"loss": "mse", "loss": "mae"}'), "dropped", "occurs twice"),
    "latin": Odd(_as_text(np.bytes_(b'{"loss": "\xe9"}')), "dropped", "is not text"),
    "archive": Odd(_in_archive(["adam"]), "dropped", "is a list", "penalised", ".keras"),
    "deep_archive": Odd(_in_archive(_nested(400)), "dropped", "nested deeper", "penalised", ".keras"),
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
    "last": Odd(
        _slots(lambda slots: [(slots[0][0], np.int64(LAST)), *slots[1:]]), "rebuilt", f"{LAST:,} steps, and no"
    ),
    "beyond": Odd(_slots(lambda slots: [(slots[0][0], np.uint64(2**63)), *slots[1:]]), "rebuilt", f"{2**63:,} steps"),
    "shuffled": Odd(_slots(lambda slots: [slots[0], *slots[:0:-1]]), "kept", ""),
    "old": Odd(_as_keras_2_2, "kept", "", model="decaying"),
}
AS_EVER = {"shuffled": {}, "old": {"mae": "mean_absolute_error"}}
"""Cases that train on as their models do, with the names of metrics that are others."""


def make(models: Path, folder: Path, names: Iterable[str]) -> None:
    """Make these cases as `<folder>/<case>` with their suffixes."""
    folder.mkdir()
    for name in names:
        case = CASES[name]
        path = folder / f"{name}{case.suffix}"
        shutil.copy(models / f"{case.model}{case.suffix}", path)
        if case.suffix != ".h5":
            case.edit(path)
            continue
        with h5py.File(path, "r+") as file:
            case.edit(file)
