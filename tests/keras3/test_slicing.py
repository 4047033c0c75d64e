"""Slices whose numbers are tensors, beside what NumPy takes."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest

from translation.operators.arrays import slicing
from translation.operators.arrays.slicing import cut

X = np.arange(2 * 7, dtype="float32").reshape(2, 7)
ENDS = (None, 2, 12, -1, -9)
STEPS = (1, 3, -1, -2)


def numbers(names: str) -> dict[str, Any]:
    """Inputs of one number each; what is sliced by is a number of such a tensor."""
    return {name: keras.Input(batch_shape=(1,), dtype="int32", name=name) for name in names}


def answered(model: Any, given: dict[str, int]) -> np.ndarray:
    found = model({"x": X, **{name: np.asarray([value], "int32") for name, value in given.items()}})
    return np.asarray(found)


@pytest.mark.parametrize("length", [7, None])
@pytest.mark.parametrize("open_step", [True, False])
@pytest.mark.parametrize("beginning", [True, False])
@pytest.mark.parametrize("ending", [True, False])
def test_ends_and_steps_may_be_tensors(length: int | None, open_step: bool, beginning: bool, ending: bool) -> None:
    x = keras.Input((length,), name="x")
    given = numbers("a" * beginning + "b" * ending + "c" * open_step)
    models: dict[Any, Any] = {}
    for start, stop, step in itertools.product(ENDS, ENDS, STEPS):
        if (start is None) is beginning or (stop is None) is ending:
            continue
        key = None if open_step else step
        if key not in models:
            ends = (given[name][0] if name in given else None for name in "ab")
            index = slice(*ends, given["c"][0] if open_step else step)
            models[key] = keras.Model({"x": x, **given}, cut(x, [slice(None), index]))
        values = {"a": start, "b": stop, "c": step}
        found = answered(models[key], {name: values[name] for name in given})
        np.testing.assert_array_equal(found, X[:, start:stop:step], f"{start}:{stop}:{step}")


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_numbers_and_tensors_may_be_mixed(dtype: str) -> None:
    x, stop = keras.Input((7,), name="x"), keras.Input(batch_shape=(1,), dtype=dtype, name="b")
    model = keras.Model({"x": x, "b": stop}, cut(x, [slice(None), slice(-6, stop[0], 2)]))
    for value in (-9, -2, 3, 9):
        np.testing.assert_array_equal(answered(model, {"b": value}), X[:, -6:value:2])


def test_a_table_may_be_read_at_a_number_from_the_model() -> None:
    place = keras.Input(batch_shape=(1,), dtype="int32")
    table = np.arange(10.0, dtype="float32")
    model = keras.Model(place, [cut(table, [place[0]]), cut(table, [slice(place[0], None)])])
    one, rest = model(np.asarray([6], "int32"))
    np.testing.assert_array_equal(np.ravel(one), [6.0])
    np.testing.assert_array_equal(rest, table[6:])


def test_begin_and_end_may_each_be_one_tensor() -> None:
    x, ends = keras.Input((7,), name="x"), keras.Input(batch_shape=(2,), dtype="int32", name="e")
    model = keras.Model({"x": x, "e": ends}, slicing._strided_slice(keras.ops, x, ends * 0, ends))
    found = model({"x": X, "e": np.asarray([1, 4], "int32")})
    np.testing.assert_array_equal(found, X[:1, :4])
