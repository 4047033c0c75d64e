"""The graph in a SavedModel is asked what the model is, and where it cannot be, the bundle says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.load import LoadRequest
from exporter.run import saved_graph
from exporter.run.saved_graph import _by_name
from exporter.whole_model import export
from interchange.bundle import Bundle
from interchange.messages.requests import ProbeOptions
from keras2to3.scanner.examine import examine


def exported(model: Any, folder: Path, **options: Any) -> Bundle:
    path = folder / "model.tf"
    model.save(path, save_format="tf", **options)
    return again(path)


def again(path: Path) -> Bundle:
    source = LoadRequest(path, "savedmodel", architecture=examine(path).architecture)
    export(source, path.with_suffix(".bundle"), {"format": "savedmodel"}, ProbeOptions(), lambda _: None)
    return Bundle.open(path.with_suffix(".bundle"))


def dense(keras: Any) -> Any:
    x, y = keras.Input((3,), name="x"), keras.Input((2,), name="y")
    joined = keras.layers.Concatenate()([x, y])
    outputs = [keras.layers.Dense(2, "relu", name="left")(joined), keras.layers.Dense(3, name="right")(joined)]
    return keras.Model([x, y], outputs)


def test_it_answers_every_probe(keras: Any, tmp_path: Path) -> None:
    bundle = exported(dense(keras), tmp_path)
    cases = [case for call in bundle.json("reference.json")["calls"] for case in call]
    assert bundle.json("graph.json") == {"cases": cases, "why": None}
    assert "graph.npz" not in bundle.manifest.files


def test_what_it_answers_otherwise_is_told(keras: Any, tmp_path: Path) -> None:
    dense(keras).save(tmp_path / "model.tf", save_format="tf")
    metadata = tmp_path / "model.tf" / "keras_metadata.pb"
    metadata.write_bytes(metadata.read_bytes().replace(b'"activation": "relu"', b'"activation": "tanh"'))
    bundle = again(tmp_path / "model.tf")
    assert bundle.json("graph.json")["why"] is None
    rows = {(row.facts["case"], row.facts["name"]): bundle.read(row) for row in bundle.rows("graph.npz")}
    assert {name for _, name in rows} == {"left"}
    assert rows["normal", "left"].min() == 0.0


def ragged(keras: Any) -> Any:
    x = keras.Input((None,), ragged=True, dtype="int64")
    return keras.Model(x, keras.layers.Embedding(9, 2)(x))


def stateful(keras: Any) -> Any:
    return keras.Sequential([keras.Input(batch_shape=(3, 4, 2)), keras.layers.LSTM(2, stateful=True)])


def drawing(keras: Any) -> Any:
    import tensorflow as tf

    x = keras.Input((3,))
    return keras.Model(x, x + tf.random.normal(tf.shape(x)))


@pytest.mark.parametrize(
    ("build", "why"), [(ragged, "ragged"), (stateful, "keeps state between calls"), (drawing, "draws random numbers")]
)
def test_why_there_is_no_second_truth(keras: Any, tmp_path: Path, build: Callable[[Any], Any], why: str) -> None:
    facts = exported(build(keras), tmp_path).json("graph.json")
    assert facts["cases"] == []
    assert why in facts["why"]


def test_weights_that_would_fill_memory_twice_are_left_alone(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_graph, "_LARGEST", 100)
    assert "in memory twice" in exported(dense(keras), tmp_path).json("graph.json")["why"]


def test_a_function_of_the_users_own_is_none(keras: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    model = dense(keras)

    @tf.function(input_signature=[tf.TensorSpec((None, 3), name="x"), tf.TensorSpec((None, 2), name="y")])
    def doubled(x: Any, y: Any) -> Any:
        left, right = model([x, y])
        return {"left": 2.0 * left, "right": right}

    facts = exported(model, tmp_path, signatures=doubled).json("graph.json")
    assert "no serving_default that Keras has made" in facts["why"]


def test_names_that_keras_has_counted(keras: Any) -> None:
    assert _by_name({"output_2": "b", "output_1": "a"}, ["left", "right"], "output") == {0: "a", 1: "b"}
    assert _by_name({"input_1": "b", "input_2": "a"}, ["input_2", "input_1"], "input") == {0: "a", 1: "b"}
    assert _by_name({"right": "b"}, ["left", "right"], "output") == {1: "b"}
    assert np.array_equal([*_by_name({"other": "b"}, ["left", "right"], "output")], [])
