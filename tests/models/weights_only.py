"""Weights of Keras 2.15 without their model; run as a script, it saves them into a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np


def cudnn(path: Path) -> None:
    """As a GPU of Keras 2.2 wrote them."""
    import h5py

    random = np.random.default_rng(5)
    shapes = {
        "cu_dnngru_1": [("kernel", (5, 12)), ("recurrent_kernel", (4, 12)), ("bias", (24,))],
        "cu_dnnlstm_1": [("kernel", (4, 12)), ("recurrent_kernel", (3, 12)), ("bias", (24,))],
    }
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in shapes]
        file.attrs["keras_version"] = b"2.2.4"
        file.attrs["backend"] = b"tensorflow"
        for layer, weights in shapes.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{role}:0".encode() for role, _ in weights]
            for role, shape in weights:
                group[f"{layer}/{role}:0"] = random.normal(size=shape).astype("float32")


def reader(keras: Any) -> Any:
    """The network of `architecture_functions.py`, behind other layers, so that its own have other numbers."""
    from tests.models import architecture_functions

    keras.layers.GRU(2), keras.layers.Dense(2), keras.layers.Dense(2)
    model = architecture_functions.reader()
    random = np.random.default_rng(6)
    model.set_weights([random.uniform(0.1, 1, weight.shape) for weight in model.weights])
    return model


def save(folder: Path) -> None:
    import keras

    model = reader(keras)
    model.save_weights(folder / "named.h5")
    model.save_weights(folder / "counted.weights.h5")
    model.save_weights(folder / "shards")
    model.save(folder / "whole.h5")
    model.save(folder / "zipped.keras")
    (folder / "gpu").mkdir()
    cudnn(folder / "gpu" / "gpu.weights.h5")


if __name__ == "__main__":
    save(Path(sys.argv[1]))
