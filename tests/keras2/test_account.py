"""Every variable comes from the file and every tensor of it goes into the model, in every format, or it ends with 5."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from exporter.load import LoadRequest, load
from exporter.load.custom_objects import CustomObjects
from interchange.errors import Exit, Failure
from keras2to3.scanner.examine import examine
from tests.models import edited_keras_files as archives
from tests.models.subclassed_models import classes, network

Tensors = dict[str, Any]
Change = Callable[[Tensors, str], None]

NAMES = {"h5": "model.h5", "keras": "model.keras", "savedmodel": "model.tf", "weights": "model.weights.h5"}
# In each format a tensor of an outer layer, of a nested model, of a class of the user's and of a layer within it.
_ARCHIVED = ["layers/dense/vars/0", "layers/functional/layers/dense/vars/0", "layers/block/vars/0"]
PLACES: Mapping[str, list[str]] = {
    "h5": [
        "model_weights/first/first/kernel:0",
        "model_weights/inner/deep/kernel:0",
        "model_weights/block/block/scale:0",
        "model_weights/block/expert_1/kernel:0",
    ],
    "keras": [*_ARCHIVED, "layers/block/layers/dense_1/vars/0"],
    "weights": [*_ARCHIVED, "layers/block/layers/dense_1/vars/0"],
    "savedmodel": [
        "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE",
        "variables/2/.ATTRIBUTES/VARIABLE_VALUE",
        "layer_with_weights-2/scale/.ATTRIBUTES/VARIABLE_VALUE",
        "variables/9/.ATTRIBUTES/VARIABLE_VALUE",
    ],
}


def removed(tensors: Tensors, name: str) -> None:
    del tensors[name]


def added(tensors: Tensors, name: str) -> None:
    tensors[other(name)] = tensors[name]


def renamed(tensors: Tensors, name: str) -> None:
    tensors[other(name)] = tensors.pop(name)


def other(name: str) -> str:
    """A name that is like another."""
    new = name.replace("kernel:0", "kernels:0").replace("scale", "scales").replace("/vars/0", "/vars/7")
    return new if new != name else name.replace("-0/kernel", "-0/kernels").replace("variables/", "variables/9")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder with the trained model in every format, and the model."""
    import keras

    keras.utils.set_random_seed(4)
    folder, model = tmp_path_factory.mktemp("saved"), network(keras, classes(keras))
    random = np.random.default_rng(3)
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(random.normal(size=(8, 3)), random.normal(size=(8, 3)), verbose=0)
    model.set_weights([random.normal(size=weight.shape) ** 2 for weight in model.weights])
    model.save(folder / NAMES["h5"])
    model.save(folder / NAMES["keras"])
    model.save(folder / NAMES["savedmodel"], save_format="tf")
    model.save_weights(folder / NAMES["weights"])
    (folder / "model.json").write_text(model.to_json())
    return folder, model


def opened(path: Path, format_: str, keras: Any) -> Any:
    architecture = None
    if format_ == "weights":
        architecture = json.loads(path.with_name("model.json").read_text())
    if format_ == "savedmodel":
        architecture = examine(path).architecture
    return load(LoadRequest(path, format_, architecture=architecture, own=CustomObjects(objects=classes(keras))))


@pytest.mark.parametrize("format_", NAMES)
def test_a_class_that_is_a_model_gets_its_weights(keras: Any, saved: tuple[Path, Any], format_: str) -> None:
    folder, model = saved
    x = np.random.default_rng(5).normal(size=(4, 3)).astype("float32")
    answer = opened(folder / NAMES[format_], format_, keras)(x, training=False)
    np.testing.assert_array_equal(answer, model(x, training=False))


@pytest.mark.parametrize("change", [removed, added, renamed])
@pytest.mark.parametrize(("format_", "place"), [(key, place) for key, places in PLACES.items() for place in places])
def test_nothing_that_was_not_read_is_compared(
    keras: Any, saved: tuple[Path, Any], tmp_path: Path, format_: str, place: str, change: Change
) -> None:
    path = copied(saved[0], tmp_path, format_)
    EDITED[format_](path, lambda tensors: change(tensors, place))
    with pytest.raises(Failure) as caught:
        opened(path, format_, keras)
    assert caught.value.code is Exit.WEIGHTS
    assert caught.value.problems


def copied(folder: Path, target: Path, format_: str) -> Path:
    path = target / NAMES[format_]
    shutil.copy(folder / "model.json", target)
    (shutil.copytree if format_ == "savedmodel" else shutil.copy)(folder / NAMES[format_], path)
    return path


def of_h5(path: Path, edit: Callable[[Tensors], None]) -> None:
    with h5py.File(path, "r+") as file:
        edit_h5(file, edit)


def edit_h5(file: h5py.File, edit: Callable[[Tensors], None]) -> None:
    tensors: Tensors = {}
    file.visititems(lambda name, item: tensors.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    before = dict(tensors)
    edit(tensors)
    for name in before.keys() - tensors.keys():
        del file[name]
    for name in tensors.keys() - before.keys():
        file[name] = tensors[name]


def of_keras(path: Path, edit: Callable[[Tensors], None]) -> None:
    shutil.move(archives.edited(path, path.with_name("edited.keras"), lambda file: edit_h5(file, edit)), path)


def of_saved_model(path: Path, edit: Callable[[Tensors], None]) -> None:
    import tensorflow as tf

    prefix = str(path / "variables" / "variables")
    reader = tf.train.load_checkpoint(prefix)
    tensors = {name: tf.constant(reader.get_tensor(name)) for name in reader.get_variable_to_shape_map()}
    edit(tensors)
    shutil.rmtree(path / "variables")
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=[tf.constant(tensor) for tensor in tensors.values()],
    )


EDITED = {"h5": of_h5, "keras": of_keras, "savedmodel": of_saved_model, "weights": of_h5}


def test_what_a_layer_has_seen_or_drawn_is_no_weight(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input(batch_shape=(2, 5, 4, 4, 3)),
            layers.TimeDistributed(layers.RandomFlip("horizontal", seed=1)),
            layers.Reshape((5, 48)),
            layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], stateful=True, return_sequences=True),
            layers.LSTM(3, stateful=True),
        ]
    )
    model(np.ones((2, 5, 4, 4, 3), "float32"), training=True)
    model.save(tmp_path / "model.tf", save_format="tf")
    loaded = load(
        LoadRequest(tmp_path / "model.tf", "savedmodel", architecture=examine(tmp_path / "model.tf").architecture)
    )
    for before, after in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_file_that_was_not_saved_to_its_end(keras: Any, saved: tuple[Path, Any], tmp_path: Path) -> None:
    path = copied(saved[0], tmp_path, "h5")
    with h5py.File(path, "r+") as file:
        del file["model_weights/inner"]
    with pytest.raises(Failure, match="lists layers that it does not hold: inner") as caught:
        opened(path, "h5", keras)
    assert caught.value.code is Exit.UNREADABLE


def test_a_tensor_that_stands_for_two_weights_is_told(keras: Any, tmp_path: Path) -> None:
    """Keras fails at the second one, and the file is there: of layers behind it in the alphabet there are none."""

    class Twin(keras.layers.Layer):  # type: ignore[misc]
        def build(self, input_shape: Any) -> None:
            for _ in range(2):
                self.add_weight(name="w", shape=(3, 3))

        def call(self, inputs: Any) -> Any:
            return inputs @ self.weights[0] - inputs @ self.weights[1]

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, name="a"), Twin(name="twin")])
    with pytest.raises(ValueError, match="name already exists"):
        model.save(tmp_path / "model.h5")
    with pytest.raises(Failure, match="one tensor for several weights of a layer: twin") as caught:
        load(LoadRequest(tmp_path / "model.h5", own=CustomObjects(objects={"Twin": Twin})))
    assert caught.value.code is Exit.UNREADABLE
