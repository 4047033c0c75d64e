"""Masks as Keras 2 means them, in the file: what consumers see, what the loss sees, and what no one is to see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.masks import all_of, attach, mask_of, strip

MERGES = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Concatenate")
IDS = [np.array([[1, 2, 3, 0, 0], [4, 0, 5, 6, 0]], "float32"), np.array([[1, 0, 2, 3, 0], [7, 8, 0, 0, 0]], "float32")]


def reread(model: Any, folder: Path) -> Any:
    """The model as it comes out of its file."""
    import keras

    model.save(folder / "model.keras")
    return keras.saving.load_model(folder / "model.keras")


@pytest.fixture
def masked() -> tuple[list[Any], list[Any]]:
    """Two inputs of ids, and their embeddings, each with a mask."""
    import keras

    inputs = [keras.Input((5,), name=name) for name in ("left", "right")]
    return inputs, [keras.layers.Embedding(9, 4, mask_zero=True)(x) for x in inputs]


def test_strip_leaves_the_values_and_no_mask(masked: Any, tmp_path: Path) -> None:
    import keras

    inputs, embedded = masked
    model = reread(keras.Model(inputs[0], [strip(embedded[0]), embedded[0]]), tmp_path)
    stripped, kept = model(IDS[0])
    np.testing.assert_array_equal(stripped, kept)
    assert mask_of(stripped) is None
    np.testing.assert_array_equal(mask_of(kept), IDS[0] != 0)


def test_strip_adds_nothing_where_there_is_no_mask() -> None:
    import keras

    x = keras.Input((5, 4))
    assert strip(x) is x


def test_attach_hands_the_mask_to_the_consumer(masked: Any, tmp_path: Path) -> None:
    import keras

    inputs, embedded = masked
    both = all_of([mask_of(tensor) for tensor in embedded])
    carried = attach(strip(embedded[0]), both, "both")
    model = reread(keras.Model(inputs, [carried, keras.layers.GlobalAveragePooling1D()(carried)]), tmp_path)
    values, pooled = model(IDS)
    expected = (IDS[0] != 0) & (IDS[1] != 0)
    np.testing.assert_array_equal(mask_of(values), expected)
    mean = [row[keep].mean(axis=0) for row, keep in zip(np.array(values), expected)]
    np.testing.assert_allclose(pooled, mean, rtol=1e-6)


def losses(model: Any, target: np.ndarray) -> list[float]:
    """The loss before and after a step of training."""
    model.compile("sgd", "mse", run_eagerly=True)
    before = model.evaluate(IDS, target, verbose=0)
    model.fit(IDS, target, verbose=0)
    return [before, model.evaluate(IDS, target, verbose=0)]


@pytest.mark.parametrize("merge", MERGES)
def test_the_loss_sees_the_mask_of_keras_2(old: Any, arrive: Any, merge: str) -> None:
    inputs = [old.Input((5,), name=name) for name in ("left", "right")]
    embedded = [old.layers.Embedding(9, 4, mask_zero=True)(x) for x in inputs]
    model = old.Model(inputs, getattr(old.layers, merge)()(embedded))
    arrived = arrive(model).model
    target = np.random.default_rng(5).normal(size=model(IDS).shape).astype("float32")
    np.testing.assert_array_equal(mask_of(arrived(IDS)), mask_of(model(IDS)))
    np.testing.assert_allclose(losses(arrived, target), losses(model, target), rtol=1e-6)


CONSUMERS: dict[str, Callable[[Any], Any]] = {
    "sequences": lambda layers: layers.GRU(3, return_sequences=True),
    "pointwise": lambda layers: layers.TimeDistributed(layers.Dense(3)),
    "flatten": lambda layers: layers.Flatten(),
    "convolution": lambda layers: layers.Conv1D(2, 2, padding="same"),
}


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("merge", ["Add", "Concatenate"])
def test_the_consumer_sees_it_and_hands_on_what_keras_2_hands_on(
    old: Any, arrive: Any, merge: str, consumer: str
) -> None:
    inputs = [old.Input((5,), name=name) for name in ("left", "right")]
    embedded = [old.layers.Embedding(9, 4, mask_zero=True)(x) for x in inputs]
    model = old.Model(inputs, CONSUMERS[consumer](old.layers)(getattr(old.layers, merge)()(embedded)))
    answer, truth = arrive(model).model(IDS), model(IDS)
    np.testing.assert_allclose(answer, truth, rtol=0, atol=1e-6)
    if mask_of(truth) is None:
        assert mask_of(answer) is None
    else:
        np.testing.assert_array_equal(mask_of(answer), mask_of(truth))


NO_OPS: dict[str, Callable[[Any, Any], Any]] = {
    "reshape": lambda layers, x: layers.Reshape((5, 4))(x),
    "cropping": lambda layers, x: layers.Cropping1D(0)(x),
    "padding": lambda layers, x: layers.ZeroPadding1D(0)(x),
    "permute": lambda layers, x: layers.Permute((1, 2))(x),
    "repeat": lambda layers, x: layers.UpSampling1D(1)(x),
    "convolution": lambda layers, x: layers.Conv1D(4, 1)(x),
    "average": lambda layers, x: layers.AveragePooling1D(1)(x),
}


@pytest.mark.parametrize("name", NO_OPS)
def test_no_mask_leaks_through_what_changes_nothing(old: Any, arrive: Any, name: str) -> None:
    """Keras 2 drops the mask at a layer that does not know masks, even where the values stay as they are."""
    x = old.Input((5,))
    model = old.Model(x, NO_OPS[name](old.layers, old.layers.Embedding(9, 4, mask_zero=True)(x)))
    pooled = old.Model(x, old.layers.GlobalAveragePooling1D()(model.outputs[0]))
    arrived = arrive(pooled)
    np.testing.assert_allclose(arrived.model(IDS[0]), pooled(IDS[0]), rtol=0, atol=1e-6)
    assert mask_of(model(IDS[0])) is None


def test_where_keras_3_computes_the_same_mask_nothing_is_added(old: Any, arrive: Any) -> None:
    x = old.Input((5,))
    y = old.layers.Embedding(9, 4, mask_zero=True)(x)
    arrived = arrive(old.Model(x, old.layers.LSTM(3)(old.layers.Add()([y, old.layers.Dense(4)(y)]))))
    assert [type(layer).__name__ for layer in arrived.model.layers if "mask" in layer.name.lower()] == []


@pytest.mark.parametrize(("name", "kept"), [("cast", True), ("identity", False), ("math.negative", False)])
def test_an_operator_ends_a_mask_unless_it_returns_the_very_tensor(
    masked: Any, tmp_path: Path, name: str, kept: bool
) -> None:
    import keras

    from importer.build import operator_calls

    inputs, embedded = masked
    y = operator_calls.call(name, [embedded[0], *(["float32"] if name == "cast" else [])], {})
    assert (mask_of(y) is not None) is kept
    model = reread(keras.Model(inputs[0], keras.layers.LSTM(3)(y)), tmp_path)
    bare = keras.layers.LSTM(3)
    bare.build((None, 5, 4))
    bare.set_weights(model.layers[-1].get_weights())
    values = np.array(keras.Model(inputs[0], y)(IDS[0]))
    expected = bare(values, mask=IDS[0] != 0 if kept else None)
    np.testing.assert_allclose(model(IDS[0]), expected, atol=1e-6)
