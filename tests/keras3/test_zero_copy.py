"""Weights lie in memory once: a variable takes over what was read, and what is saved is read where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.restore import zero_copy
from importer.save.save import read_back, save
from interchange.workers import memory

SHAPE = (700, 1024)


def numbered(dtype: str = "float32") -> np.ndarray:
    array = memory.zeros(SHAPE, dtype)
    array[...] = np.random.default_rng(3).normal(size=SHAPE)
    return array


def variable(dtype: str = "float32", shape: tuple[int, ...] = SHAPE) -> Any:
    import keras

    return keras.Variable(keras.ops.zeros(shape, dtype), dtype=dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_large_array_is_the_value_of_its_variable(dtype: str) -> None:
    array, taker = numbered(dtype), variable(dtype)
    zero_copy.assign(taker, array)
    assert np.shares_memory(zero_copy.shown(taker), array)
    np.testing.assert_array_equal(taker.numpy(), numbered(dtype))


@pytest.mark.parametrize(
    "array", [numbered()[:, ::-1], numbered()[:3], numbered().reshape(-1)[1:], numbered("float64")]
)
def test_any_other_is_copied(array: np.ndarray) -> None:
    taker = variable("float32", array.shape)
    zero_copy.assign(taker, array)
    np.testing.assert_array_equal(taker.numpy(), array.astype("float32"))
    assert not np.shares_memory(zero_copy.shown(taker), array)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_what_is_saved_and_read_back_is_the_same(dtype: str, tmp_path: Path) -> None:
    import keras

    x = keras.Input((SHAPE[0],))
    layer = keras.layers.Dense(SHAPE[1], dtype=keras.DTypePolicy(dtype))
    model = keras.Model(x, layer(x))
    layer.kernel.assign(numbered())
    save(model, tmp_path / "model.keras")
    again = read_back(tmp_path / "model.keras")
    for before, after in zip(model.weights, again.weights, strict=True):
        assert before.dtype == after.dtype == dtype
        np.testing.assert_array_equal(before.numpy(), after.numpy())


def test_a_file_lies_in_memory_once_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    x = keras.Input((SHAPE[0],))
    save(keras.Model(x, keras.layers.Dense(SHAPE[1])(x)), tmp_path / "model.keras")
    taken: list[np.ndarray] = []
    real = memory.tensor
    monkeypatch.setattr(memory, "tensor", lambda tf, array: taken.append(array) or real(tf, array))
    kernel = read_back(tmp_path / "model.keras").layers[1].kernel
    assert [array.shape for array in taken] == [SHAPE]
    assert np.shares_memory(zero_copy.shown(kernel), taken[0])


def test_keras_is_as_it_was_afterwards() -> None:
    from keras.src import backend
    from keras.src.backend.tensorflow import core

    before = core.convert_to_tensor, backend.convert_to_numpy
    with zero_copy.uncopied():
        assert core.convert_to_tensor is not before[0]
    with pytest.raises(ZeroDivisionError), zero_copy.uncopied():
        raise ZeroDivisionError
    assert (core.convert_to_tensor, backend.convert_to_numpy) == before


def test_what_was_taken_over_is_not_changed_in_place() -> None:
    array, taker = numbered(), variable()
    zero_copy.assign(taker, array)
    taker.assign(taker + 1)
    np.testing.assert_array_equal(array, numbered())
