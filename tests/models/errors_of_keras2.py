"""What brings about the errors of Keras 2.15 in the catalogue.

Everything is written into the current folder. Keras is imported inside functions, because the tests of the catalogue
look at the table without it.
"""

from __future__ import annotations

import base64
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

from tests.support.error_pages import Reproducers

H5, KERAS = "model.h5", "model.keras"

POLICY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
INPUT = {"batch_shape": [None, 3], "dtype": "float32", "sparse": False, "name": "input_layer"}
DENSE = {"name": "dense", "trainable": True, "dtype": POLICY, "units": 2, "activation": "linear", "use_bias": True}


def of_keras_3(**layers: dict[str, Any]) -> dict[str, Any]:
    """A Sequential as Keras 3 writes it, with these layers by their classes."""
    listed = [{"module": "keras.layers", "class_name": name, "config": config} for name, config in layers.items()]
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": listed}}


def two() -> Any:
    """Keras 2.15."""
    import keras

    return keras


def model(*layers: Any, features: int = 3) -> Any:
    keras = two()
    return keras.Sequential([keras.Input((features,)), *(layers or [keras.layers.Dense(2, name="dense")])])


def opened(made: Any, file: str, **compiled: Any) -> Any:
    if compiled:
        made.compile(**compiled)
    made.save(file)
    return two().models.load_model(file)


def opened_h5(architecture: dict[str, Any]) -> Any:
    import h5py

    model().save(H5)
    with h5py.File(H5, "r+") as file:
        file.attrs["model_config"] = json.dumps(architecture)
    return two().models.load_model(H5)


def opened_keras(module: str) -> Any:
    """A `.keras` file whose model is in this module."""
    model().save("old.keras")
    architecture = {"module": module, "registered_name": "Sequential", **of_keras_3(InputLayer=INPUT)}
    with zipfile.ZipFile("old.keras") as old, zipfile.ZipFile(KERAS, "w") as new:
        for name in old.namelist():
            new.writestr(name, json.dumps(architecture) if name == "config.json" else old.read(name))
    return two().models.load_model(KERAS)


def of_another_python() -> Any:
    """A Lambda with bytecode that this Python cannot read."""
    code = base64.b64encode(b"\xe3" + b"\x01\0\0\0" * 2 + b"?" * 40).decode()
    config = {"name": "lambda", "function": [code, None, None], "function_type": "lambda", "arguments": {}}
    return opened_h5({
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": [{"class_name": "Lambda", "config": config}]},
    })  # fmt: skip


def my_loss(truth: Any, predicted: Any) -> Any:
    return truth - predicted


def my_optimizer() -> Any:
    class Own(two().optimizers.Adam):  # type: ignore[misc]
        pass

    return Own()


def empty_folder() -> Any:
    shutil.rmtree("saved_model", ignore_errors=True)
    Path("saved_model").mkdir()
    return two().models.load_model("saved_model")


def weights_of_another_size() -> Any:
    model().save_weights("weights.h5")
    return model(features=4).load_weights("weights.h5")


def checkpoint_of_another_size() -> Any:
    model().save_weights("checkpoints/best")
    return model(features=4).load_weights("checkpoints/best")


def subclassed() -> Any:
    class Own(two().Model):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs

    made = Own()
    made.build((None, 3))
    return made


def wrapped() -> Any:
    return model(two().layers.Lambda(lambda x: x * 2))


REPRODUCERS: Reproducers = {
    "keras2-batch-shape": [lambda: opened_h5(of_keras_3(InputLayer=INPUT))],
    "keras2-dtype-policy": [lambda: opened_h5(of_keras_3(Dense=DENSE))],
    "keras2-parent-module": [lambda: opened_keras("keras.src.models.sequential")],
    "bad-marshal-data": [of_another_python],
    "keras2-unknown-loss": [
        lambda: opened(model(), H5, loss=my_loss),
        lambda: opened(model(), H5, loss="mse", metrics=[my_loss]),
        lambda: opened(model(), H5, loss="mse", optimizer=my_optimizer()),
    ],
    "keras2-savedmodel-missing": [empty_folder],
    "keras2-no-file": [lambda: two().models.load_model("nothing.h5")],
    "keras2-shape-mismatch": [weights_of_another_size, checkpoint_of_another_size],
    "keras2-subclassed": [lambda: subclassed().save(H5)],
    "keras2-lambda-safe-mode": [lambda: opened(wrapped(), KERAS)],
    "keras2-to-yaml": [lambda: model().to_yaml()],
    "keras2-decay": [lambda: two().optimizers.Adam(decay=0.1)],
}
