"""What is left out for older minors of Keras 3: the one that writes reads the same model without it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer import whole_model
from importer.save.save import read_back, save
from interchange.errors import Exit, Failure
from translation.keras3_minors import new_arguments

MADE = {
    "Dense": (3,),
    "EinsumDense": ("ab,bc->ac", 4),
    "Embedding": (4, 3),
    "MultiHeadAttention": (2, 2),
    "RandomBrightness": (0.1,),
    "RandomContrast": (0.1,),
    "Resizing": (3, 3),
}
ROWS = [
    pytest.param(path, key, default, id=f"{path}.{key}")
    for classes in new_arguments.NEWER.values()
    for path, keys in classes.items()
    for key, default in keys.items()
]


def serialized(path: str) -> Any:
    """An object of Keras as a file describes it, with every argument that may be left out at its default."""
    import keras

    _, module, name = path.split(".")
    kind = getattr(getattr(keras, module), name)
    made = kind(shape=(3,)) if name == "InputLayer" else kind(*MADE.get(name, ()))
    return json.loads(json.dumps(keras.saving.serialize_keras_object(made)))


@pytest.mark.parametrize(("path", "key", "default"), ROWS)
def test_what_is_left_out_is_the_default(path: str, key: str, default: Any) -> None:
    import keras

    full = serialized(path)
    assert full["config"][key] == default
    short = new_arguments.plain(full)
    assert key not in short["config"]
    again = keras.saving.deserialize_keras_object(short)
    assert json.loads(json.dumps(keras.saving.serialize_keras_object(again))) == full


@pytest.mark.parametrize(("path", "key", "default"), ROWS)
def test_another_value_stays(path: str, key: str, default: Any) -> None:
    full = {"module": path.rpartition(".")[0], "class_name": path.rpartition(".")[2], "registered_name": None}
    assert new_arguments.plain({**full, "config": {key: "other"}})["config"] == {key: "other"}


@pytest.mark.parametrize(("version", "hint"), [("3.8.0", "leave out --keras"), (None, "please report it")])
def test_what_helps_where_keras_does_not_read_what_it_writes(
    version: str | None, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.setattr(keras, "__version__", version or keras.__version__)
    with pytest.raises(Failure, match="cannot open what it has written itself") as failed:
        whole_model._opened(tmp_path / "nowhere.keras", is_compiled=False)
    assert failed.value.code is Exit.REFUSED
    assert str(failed.value.hint).startswith(hint)


def test_a_class_of_the_users_keeps_all() -> None:
    own = {"module": "keras.layers", "class_name": "InputLayer", "registered_name": "Custom>InputLayer"}
    assert new_arguments.plain({**own, "config": {"ragged": False}})["config"] == {"ragged": False}


def computing(keras: Any, *names: str) -> Any:
    """A model of operations and of layers with these names."""
    x = keras.Input((4,), name="x")
    y = keras.ops.sum(keras.ops.reshape(x, (-1, 2, 2)), axis=1)
    for name in names:
        y = keras.layers.Activation("relu", name=name)(y)
    return keras.Model(x, keras.layers.Dense(2, name="end")(y))


def entries(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return {row["name"]: row["config"] for row in json.loads(archive.read("config.json"))["config"]["layers"]}


@pytest.mark.parametrize(("names", "named"), [((), set()), (("sum_3",), {"sum"}), (("summit", "add"), set())])
def test_an_operation_keeps_its_name_only_where_a_layer_has_one_like_it(
    names: tuple[str, ...], named: set[str], tmp_path: Path
) -> None:
    import keras

    keras.backend.clear_session()
    model = computing(keras, *names)
    save(model, tmp_path / "model.keras")
    found = entries(tmp_path / "model.keras")
    assert {name for name in ("reshape", "sum") if "name" in found[name]} == named
    x = np.random.default_rng(3).normal(size=(3, 4)).astype("float32")
    for _ in range(2):  # the second has names that count from where the first ended
        np.testing.assert_array_equal(read_back(tmp_path / "model.keras")(x), model(x))


def test_what_has_a_name_like_that_of_an_output_keeps_its_own(tmp_path: Path) -> None:
    import keras

    keras.backend.clear_session()
    x = keras.Input((4,), name="x")
    first, second = keras.ops.sum(x, axis=1), keras.ops.sum(keras.ops.mean(x, axis=1, keepdims=True), axis=1)
    save(keras.Model(x, [second, keras.ops.square(first)]), tmp_path / "model.keras")
    found = entries(tmp_path / "model.keras")
    assert {name for name in ("sum", "sum_1", "mean") if "name" in found[name]} == {"sum", "sum_1"}
    for count in range(3):  # wherever the counter of this process stands
        keras.backend.clear_session()
        for _ in range(count):
            keras.ops.sum(x, axis=1)
        read_back(tmp_path / "model.keras")


def test_an_output_among_several_keeps_its_name(tmp_path: Path) -> None:
    import keras

    keras.backend.clear_session()
    x = keras.Input((4,), name="x")
    model = keras.Model(x, [keras.ops.sum(x, axis=1), keras.ops.mean(x, axis=1)])
    save(model, tmp_path / "model.keras")
    assert read_back(tmp_path / "model.keras").output_names == model.output_names
