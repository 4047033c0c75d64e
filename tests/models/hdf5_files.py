"""HDF5 files made by hand with h5py alone: whole models as Keras 2 writes them, and everything that is not one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

CODE = "4wEAAAAAAAAAAAAAAAEAAAABAAAAQwAAAHMEAAAAfABTACkBTqkAKQHaAXhyAQAAAA=="
"""What a Lambda's function looks like: marshalled bytecode in base64."""


def layer(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    """A layer as the older dialect writes it, without a module."""
    return {"class_name": class_name, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}


def dense(name: str = "dense", units: int = 3, **config: Any) -> dict[str, Any]:
    zeros = {"class_name": "Zeros", "config": {}}
    return layer("Dense", name, **{"units": units, "activation": "relu", "bias_initializer": zeros, **config})


def lambda_layer(name: str = "lambda") -> dict[str, Any]:
    function = [CODE, None, None]
    return layer("Lambda", name, function=function, function_type="lambda", module="os", arguments={})


def sequential(*layers: Mapping[str, Any], name: str = "sequential") -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(layers)}}


def wrapper(class_name: str, inner: Mapping[str, Any], name: str = "wrapper") -> dict[str, Any]:
    return layer(class_name, name, layer=inner)


def write(path: Path, architecture: Any = None, **attributes: Any) -> Path:
    """A whole model of the given architecture (a JSON value, or text or bytes as they are) with one weight."""
    if architecture is None:
        architecture = sequential(dense())
    text = architecture if isinstance(architecture, (str, bytes)) else json.dumps(architecture)
    standing = {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": text}
    with h5py.File(path, "w") as file:
        for key, value in {**standing, **attributes}.items():
            file.attrs[key] = value
        weights = file.create_group("model_weights/dense")
        weights.attrs["weight_names"] = [b"dense/kernel:0"]
        weights.create_dataset("dense/kernel:0", data=np.arange(12, dtype="float32").reshape(4, 3))
    return path


def write_weights(path: Path) -> Path:
    """What `model.save_weights` writes: no architecture."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"dense"]
        file.attrs["keras_version"] = "2.15.0"
        file.create_dataset("dense/dense/kernel:0", data=np.ones((4, 3), "float32"))
    return path
