"""Files that must not arrive: every row of the table of bad input, made from good models with h5py."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from interchange.errors import Exit

KERNEL = "model_weights/second/second/kernel:0"


@dataclass(frozen=True)
class Broken:
    """How to make a file in `folder` from the models there, what it ends with, and a word of its message or hint."""

    make: Callable[[Path, Path], None]
    code: Exit
    says: str


def _edited(edit: Callable[[h5py.File], None]) -> Callable[[Path, Path], None]:
    """A copy of the model `dense` after `edit`."""

    def make(models: Path, path: Path) -> None:
        shutil.copy(models / "dense.h5", path)
        with h5py.File(path, "r+") as file:
            edit(file)

    return make


def _config(edit: Callable[[dict[str, Any]], None]) -> Callable[[Path, Path], None]:
    """A copy of `dense` after `edit` of the config of its last layer."""

    def apply(file: h5py.File) -> None:
        architecture = json.loads(file.attrs["model_config"])
        edit(architecture["config"]["layers"][-1]["config"])
        file.attrs["model_config"] = json.dumps(architecture)

    return _edited(apply)


def _instead(class_name: str, **config: Any) -> Callable[[Path, Path], None]:
    """A copy of `dense` with another layer in the place of the last."""

    def apply(file: h5py.File) -> None:
        architecture = json.loads(file.attrs["model_config"])
        layer = architecture["config"]["layers"][-1]
        layer.update(class_name=class_name, config={"name": "second", "trainable": True, "dtype": "float32", **config})
        file.attrs["model_config"] = json.dumps(architecture)

    return _edited(apply)


def _copy(name: str) -> Callable[[Path, Path], None]:
    return lambda models, path: shutil.copy(models / name, path)


def _text(text: str) -> Callable[[Path, Path], None]:
    return lambda models, path: path.write_text(text)


def _truncated(models: Path, path: Path) -> None:
    whole = (models / "dense.h5").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _external(file: h5py.File) -> None:
    del file[KERNEL]
    file.create_dataset(KERNEL, (3, 2), "float32", external=[("/etc/hostname", 0, 24)])


def _other_shape(file: h5py.File) -> None:
    del file[KERNEL]
    file[KERNEL] = np.zeros((3, 5), "float32")


def _missing(file: h5py.File) -> None:
    group = file["model_weights/second"]
    del file[KERNEL]
    group.attrs["weight_names"] = [name for name in group.attrs["weight_names"] if "kernel" not in name]


def _surplus(file: h5py.File) -> None:
    file["model_weights/second/second/kernel_2:0"] = np.zeros((3, 2), "float32")


def _surplus_layer(file: h5py.File) -> None:
    file["model_weights/third/third/kernel:0"] = np.zeros((3, 2), "float32")
    file["model_weights/third"].attrs["weight_names"] = ["third/kernel:0"]
    weights = file["model_weights"]
    weights.attrs["layer_names"] = [*weights.attrs["layer_names"], "third"]


CASES = {
    "empty": Broken(_text(""), Exit.UNREADABLE, "is empty"),
    "text": Broken(_text("this is no model\n"), Exit.UNREADABLE, "it is text"),
    "truncated": Broken(_truncated, Exit.UNREADABLE, "cut short"),
    "weights_only": Broken(_copy("dense.weights.h5"), Exit.UNREADABLE, "weights without an architecture"),
    "lambda": Broken(_copy("lambda_layer.h5"), Exit.REFUSED, "bytecode"),
    "class": Broken(_copy("unknown_class.h5"), Exit.REFUSED, "Doubler"),
    "function": Broken(_copy("foreign_function.h5"), Exit.REFUSED, "wiggle"),
    "module": Broken(_config(lambda c: c.update(activation={"class_name": "f", "module": "os"})), Exit.REFUSED, "os"),
    "external_storage": Broken(_edited(_external), Exit.REFUSED, "external storage"),
    "external_link": Broken(
        _edited(lambda file: file.__setitem__("model_weights/elsewhere", h5py.ExternalLink("other.h5", "/"))),
        Exit.REFUSED,
        "external link",
    ),
    "key": Broken(_config(lambda c: c.update(flavour="bitter")), Exit.REFUSED, "flavour"),
    "negative_units": Broken(_config(lambda c: c.update(units=-2)), Exit.UNREADABLE, "units"),
    "axis_out_of_range": Broken(_instead("LayerNormalization", axis=[7]), Exit.UNREADABLE, "axis=(7,)"),
    "shape_that_does_not_fit": Broken(_instead("Reshape", target_shape=[2, 5]), Exit.UNREADABLE, "second"),
    "two_answers": Broken(_instead("ReLU", max_value=-1.0), Exit.UNREADABLE, "max_value"),
    "missing_weight": Broken(_edited(_missing), Exit.WEIGHTS, "second"),
    "missing_data": Broken(_edited(lambda file: file.__delitem__(KERNEL)), Exit.WEIGHTS, "kernel"),
    "surplus_weight": Broken(_edited(_surplus), Exit.WEIGHTS, "kernel_2"),
    "surplus_layer": Broken(_edited(_surplus_layer), Exit.WEIGHTS, "layer"),
    "other_shape": Broken(_edited(_other_shape), Exit.WEIGHTS, "shape"),
}


def make_all(models: Path, folder: Path, names: Iterable[str]) -> None:
    """Make the cases of these names as `<folder>/<case>.h5`."""
    folder.mkdir()
    for name in names:
        CASES[name].make(models, folder / f"{name}.h5")


# What nobody but the model's author can say how to put right; the message has all that Keras says of it.
WITHOUT_A_WAY_OUT = {"key", "negative_units", "axis_out_of_range", "shape_that_does_not_fit", "two_answers"}
