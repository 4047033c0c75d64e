"""The door of `.keras` files: three layouts of weights, vocabularies beside them, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from exporter.doors import Source, load
from interchange.errors import Exit, Failure
from tests import keras_archives as archives
from tests.keras_archives import OLD

LAYOUTS: dict[str, Callable[[Path, Path], Path]] = {
    "layers": lambda path, target: path.rename(target),
    "windows": archives.on_windows,
    OLD: archives.of_keras_2_13,
}


def opened(path: Path) -> Any:
    return load(Source(path, "keras"))


def shuffled(model: Any) -> Any:
    """The model with weights of which no two layers have the same."""
    random = np.random.default_rng(7)
    model.set_weights([random.normal(size=weight.shape).astype(weight.dtype) for weight in model.get_weights()])
    return model


def everything(keras: Any) -> Any:
    """Several of one class, nested and shared models, layers within layers of every kind, and a training."""
    layers = keras.layers
    x = keras.Input((6, 4), name="x")
    shared = layers.Dense(4, name="shared")
    inner_x = keras.Input((6, 4))
    inner = keras.Model(inner_x, layers.Dense(4)(shared(layers.Dense(4)(inner_x))), name="inner")
    y = layers.BatchNormalization()(shared(inner(x)))
    y = layers.TimeDistributed(keras.Sequential([layers.Dense(4), layers.Dropout(0.1), layers.Dense(4)]))(inner(y))
    y = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(y)
    y = layers.RNN([layers.LSTMCell(4), layers.GRUCell(4), layers.LSTMCell(4)], return_sequences=True)(y)
    y = layers.MultiHeadAttention(2, 3)(y, y)
    y = layers.Lambda(lambda tensor: tensor * 2.0)(y)
    model = keras.Model(x, [layers.Dense(4)(layers.Flatten()(y)), layers.BatchNormalization()(y)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.zeros((2, 6, 4)), [np.zeros((2, 4)), np.zeros((2, 6, 4))], verbose=0)
    return shuffled(model)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_every_layer_its_own_weights(keras: Any, tmp_path: Path, layout: str) -> None:
    model = everything(keras)
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(1).normal(size=(2, 6, 4)).astype("float32")
    answers = opened(LAYOUTS[layout](tmp_path / "model.keras", tmp_path / "other.keras"))(x)
    for answer, expected in zip(answers, model(x), strict=True):
        np.testing.assert_array_equal(answer, expected)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_adapted_words_are_found_in_every_layout(keras: Any, tmp_path: Path, layout: str) -> None:
    texts = np.array([["wind and fire"], ["earth, wind"], ["fire é"]])
    x = keras.Input((1,), dtype="string")
    made = [
        keras.layers.TextVectorization(output_sequence_length=4),
        keras.layers.StringLookup(vocabulary=["earth", "wind"]),
        keras.layers.StringLookup(output_mode="tf_idf"),
        keras.layers.TextVectorization(output_mode="tf_idf"),
        keras.layers.StringLookup(mask_token="wind and fire", num_oov_indices=2),
    ]
    for layer in made:
        if not getattr(layer, "input_vocabulary", None):
            layer.adapt(texts)
    model = keras.Model(x, [layer(x) for layer in made])
    model.save(tmp_path / "model.keras")
    answers = opened(LAYOUTS[layout](tmp_path / "model.keras", tmp_path / "other.keras"))(texts)
    for answer, expected in zip(answers, model(texts), strict=True):
        np.testing.assert_array_equal(answer, expected)


@pytest.fixture
def dense(keras: Any, tmp_path: Path) -> Path:
    layers = [keras.Input((4,)), keras.layers.Dense(3, name="first"), keras.layers.Dense(2, name="second")]
    shuffled(keras.Sequential(layers)).save(tmp_path / "dense.keras")
    return tmp_path / "dense.keras"


def smaller(file: h5py.File) -> None:
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = np.zeros((4, 2), "float32")


def surplus(file: h5py.File) -> None:
    file["layers/dense/vars/2"] = np.zeros(5, "float32")
    file["layers/dense_7/vars/0"] = np.zeros(6, "float32")


def missing(file: h5py.File) -> None:
    del file["layers/dense/vars/1"]
    del file["layers/dense_1"]


@pytest.mark.parametrize(
    ("edit", "rows"),
    [
        (smaller, [("first", "kernel is (4, 3) in the model and (4, 2) in the file")]),
        (
            surplus,
            [("first", "2 (5,) is stored and belongs to nothing"), ("layers/dense_7", "0 (6,) belongs to no layer")],
        ),
        (missing, [("first", "bias is missing"), ("second", "kernel is missing"), ("second", "bias is missing")]),
    ],
)
def test_whatever_does_not_fit_is_listed(
    dense: Path, edit: Callable[[h5py.File], None], rows: list[tuple[str, str]]
) -> None:
    with pytest.raises(Failure) as caught:
        opened(archives.edited(dense, dense.with_name("broken.keras"), edit))
    assert caught.value.code is Exit.WEIGHTS
    assert [(problem.layer, problem.text) for problem in caught.value.problems] == rows


def test_a_vocabulary_that_is_not_there_is_missed(keras: Any, tmp_path: Path) -> None:
    lookup = keras.layers.StringLookup(name="words")
    lookup.adapt(np.array([["a"], ["b"]]))
    x = keras.Input((1,), dtype="string")
    keras.Model(x, lookup(x)).save(tmp_path / "model.keras")
    content = {name: data for name, data in archives.members(tmp_path / "model.keras").items() if "assets" not in name}
    with pytest.raises(Failure) as caught:
        opened(archives.write(tmp_path / "bare.keras", content))
    assert (caught.value.code, caught.value.problems[0].layer) == (Exit.UNREADABLE, "words")


def test_layers_of_one_name_are_refused_by_it(dense: Path) -> None:
    def twice(config: Any) -> None:
        config["config"]["layers"][2]["config"]["name"] = "first"

    with pytest.raises(Failure, match="first") as caught:
        opened(archives.configured(dense, dense.with_name("twice.keras"), twice))
    assert caught.value.code is Exit.REFUSED
