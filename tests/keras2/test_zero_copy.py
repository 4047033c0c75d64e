"""Arrays become values of variables without a copy where they can, and with one where they cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exporter.restore import zero_copy
from interchange.workers import memory

SHAPE = (700, 1024)


def numbered(dtype: str) -> np.ndarray:
    array = memory.zeros(SHAPE, dtype)
    array[...] = np.random.default_rng(3).normal(size=SHAPE)
    return array


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_large_array_is_the_value_of_its_variable(keras: Any, dtype: str) -> None:
    import tensorflow as tf

    array, variable = numbered(dtype), tf.Variable(memory.zeros_tensor(tf, SHAPE, dtype))
    assert not variable.numpy().any()
    zero_copy.assign(variable, array)
    assert np.shares_memory(np.asarray(variable.value()), array)
    variable.assign_add(tf.ones(SHAPE, dtype))
    np.testing.assert_array_equal(array, numbered(dtype))
    np.testing.assert_array_equal(variable.numpy(), numbered(dtype) + 1)


@pytest.mark.parametrize(
    "array", [numbered("float32")[:, ::-1], numbered("float32")[:3], numbered("float64").reshape(-1)[1:]]
)
def test_any_other_is_copied(keras: Any, array: np.ndarray) -> None:
    import tensorflow as tf

    variable = tf.Variable(memory.zeros_tensor(tf, array.shape, array.dtype.name))
    zero_copy.assign(variable, array)
    np.testing.assert_array_equal(variable.numpy(), array)
    assert not np.shares_memory(np.asarray(variable.value()), array)
