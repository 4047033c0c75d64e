"""Files of Keras 3: fine as they are, put right and proven, or Keras 3's own trouble."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras.layers import Layer

import importer.keras3_file
from importer.keras3_file import open_
from importer.save.save import config_of, read_back
from interchange.errors import Exit, Failure
from interchange.messages.requests import OpenRequest

SCALE = np.array([0.5, 2.0, -1.0], "float32")


def opened(path: Path) -> Mapping[str, Any]:
    return open_(OpenRequest(path, path.with_name("new.keras")), lambda _: None).to_json()


def saved(path: Path, build: Callable[[Any], Any]) -> Path:
    """A file as Keras 3 saves it, with nothing of ours."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    build(keras).save(path)
    return path


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    """The file with another architecture."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(config) if name == "config.json" else content)
    return path


def rescaling(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([keras.Input((3,)), layers.Rescaling(SCALE, SCALE, name="scaled"), layers.Dense(2)])


def rotating(keras: Any) -> Any:
    return keras.Sequential([keras.Input((4, 4, 3)), keras.layers.RandomRotation(0.1), keras.layers.Conv2D(2, 3)])


def computing(keras: Any) -> Any:
    x = keras.Input((4,), name="x")
    return keras.Model(x, keras.ops.reshape(keras.layers.Dense(6, name="dense")(x), (-1, 2, 3)))


def test_what_opens_stays_as_it_is(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.keras", lambda keras: keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    assert opened(path) == {}
    assert [*tmp_path.iterdir()] == [path]


def test_a_rescaling_with_a_numpy_scale_that_comes_back_as_a_tracked_dict(tmp_path: Path) -> None:
    """It does in Keras 3.0; the newer ones open the file, so that the file itself is what proves the new one."""
    path = saved(tmp_path / "model.keras", rescaling)
    found = opened(path)
    assert found["verification"]["reference"] == "original"
    assert all(row["equal"] for row in found["verification"]["outputs"])
    assert {row["layer"] for row in found["changes"]} == {"scaled"}
    new = tmp_path / "new.keras"
    assert "__numpy__" in json.dumps(config_of(path))
    assert "__numpy__" not in json.dumps(config_of(new))
    x = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    np.testing.assert_array_equal(read_back(new)(x), read_back(path)(x))
    assert found["weights"]["tensors"] == 2


def test_a_repair_that_changes_an_answer_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from translation.keras3_minors import repairs

    path = saved(tmp_path / "model.keras", rescaling)
    right = repairs.with_lists

    def wrong(config: Any) -> repairs.Repaired:
        found = right(config)
        found.config["config"]["layers"][1]["config"]["scale"][1] += 0.01
        return found

    monkeypatch.setattr(repairs, "with_lists", wrong)
    with pytest.raises(Failure) as failed:
        opened(path)
    assert failed.value.code is Exit.DIFFERS
    assert not (tmp_path / "new.keras").exists()


def test_a_key_of_keras_3_5_is_left_out_and_nothing_is_called_proven(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.keras", rotating)
    changed(path, lambda config: config["config"]["layers"][1]["config"].update(value_range=[0, 255]))
    found = opened(path)
    assert found["verification"]["reference"] == "weights"
    assert "value_range" in found["verification"]["why"]
    assert any("`value_range` is left out" in row["text"] for row in found["changes"])
    assert read_back(tmp_path / "new.keras").layers[-1].name == "conv2d"


def nameless(config: Any) -> None:
    """As Keras 3.10 saves a layer that has the name which Keras gives to the first operation of a class."""
    text = json.dumps(config).replace('"reshape"', '"reshape_1"').replace('"dense"', '"reshape"')
    config.update(json.loads(text))
    del config["config"]["layers"][2]["config"]["name"]


def test_operations_of_keras_3_10_get_the_names_that_the_graph_has_for_them(tmp_path: Path) -> None:
    import keras

    path = saved(tmp_path / "model.keras", computing)
    changed(path, nameless)
    keras.backend.clear_session()  # as whoever opens it has not made it
    with pytest.raises(ValueError, match="should be unique"):
        read_back(path)
    found = opened(path)
    assert [row["text"] for row in found["changes"]] == ["the operation reshape_1 is named as well"]
    assert read_back(tmp_path / "new.keras").output_shape == (None, 2, 3)


@pytest.mark.parametrize("key", ["reset_whenever", "value_range"])
def test_what_nothing_known_would_help_is_said_to_be_keras_3s(key: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "model.keras", rotating)
    changed(path, lambda config: config["config"]["layers"][1]["config"].update({key: [0, 1]}))
    with pytest.raises(Failure) as failed:
        opened(path)
    assert failed.value.code is Exit.UNREADABLE
    assert key in failed.value.message
    assert failed.value.hint is None, "it is this Keras that saved it"
    assert [*tmp_path.iterdir()] == [path]


def test_what_another_keras_saved_is_opened_by_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    own = keras.__version__
    path = saved(tmp_path / "model.keras", rotating)
    monkeypatch.setattr(
        importer.keras3_file,
        "read_back",
        lambda _, *how: read_back(path if keras.__version__ == own else tmp_path, *how),
    )
    monkeypatch.setattr(keras, "__version__", "3.5.0")
    with pytest.raises(Failure) as failed:
        opened(path)
    told = str(failed.value.hint).rpartition("--keras ")[2]
    monkeypatch.setattr(keras, "__version__", told)
    assert opened(path) == {}


class Own(Layer):
    def call(self, x: Any) -> Any:
        return x * 2


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_what_lacks_its_code_alone_opens_with_it(tmp_path: Path, name: str) -> None:
    import keras

    path = saved(tmp_path / name, lambda keras: keras.Sequential([keras.Input((3,)), Own(name="own")]))
    with pytest.raises(Failure, match="'Own'") as failed:
        opened(path)
    (call,) = re.findall(r"keras\.saving\.load_model\(.*\)", str(failed.value.hint))
    model = eval(call, {"keras": keras, "path": path, "Own": Own})
    np.testing.assert_array_equal(model(np.ones((1, 3), "float32")), np.full((1, 3), 2, "float32"))
