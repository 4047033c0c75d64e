"""Constants of operators: a file holds their numbers alone, and the model that is built reads them as before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.load import LoadRequest, load
from tests.models.topologies import _as_layers

Build = Callable[[Any, Any], Any]

LEFT: dict[str, Build] = {
    "number": lambda _tf, x: 0.1 - x,
    "power": lambda _tf, x: 1.7**x,
    "array": lambda _tf, x: np.array([0.1, 0.2, 0.3]) + x,
    "matrix": lambda _tf, x: np.arange(6.0).reshape(2, 3) @ x[..., None],
    "function": lambda tf, x: tf.maximum(tf.constant(0.1, x.dtype), x),
    "list": lambda tf, x: tf.stack([tf.shape(x, out_type=tf.int64)[0], tf.constant(7, tf.int64)]),
    "size": lambda tf, x: tf.size(x, out_type=tf.int64),
}


@pytest.mark.parametrize("name", LEFT)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_constant_left_of_a_tensor_is_read_in_its_dtype(keras: Any, tmp_path: Path, name: str, dtype: str) -> None:
    import tensorflow as tf

    x = keras.Input((3,), dtype=dtype)
    saved = keras.Model(x, LEFT[name](tf, x))
    saved.save(tmp_path / "model.h5")
    values = tf.constant([[0.5, -1.25, 3.0], [0.1, 0.2, 0.3]], dtype)
    expected, result = saved(values), load(LoadRequest(tmp_path / "model.h5"))(values)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64"])
def test_a_whole_number_left_of_a_tensor_is_read_in_its_dtype(keras: Any, tmp_path: Path, dtype: str) -> None:
    import tensorflow as tf

    x = keras.Input((3,), dtype=dtype)
    keras.Model(x, 100 - x).save(tmp_path / "model.h5")
    result = load(LoadRequest(tmp_path / "model.h5"))(tf.constant([[1, 2, 3]], dtype))
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, [[99, 98, 97]])


def test_a_table_of_numbers_is_no_list_of_parts(keras: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    table, ids = np.arange(12.0, dtype="float32").reshape(4, 3), keras.Input((2,), dtype="int32")
    keras.Model(ids, tf.nn.embedding_lookup(table, ids)).save(tmp_path / "model.h5")
    np.testing.assert_array_equal(load(LoadRequest(tmp_path / "model.h5"))(tf.constant([[3, 1]])), table[[[3, 1]]])


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_constant_of_an_operator_is_of_the_dtype_that_the_operator_says(
    keras: Any, tmp_path: Path, dtype: str, ending: str
) -> None:
    import tensorflow as tf

    def body(x: Any) -> list[Any]:
        shifted = tf.raw_ops.AddV2(x=x, y=tf.constant([0.1, 0.2, 0.3], dtype))
        return [tf.raw_ops.Mean(input=shifted, axis=tf.constant([1], tf.int64), keep_dims=True)]

    x = keras.Input((3,), dtype=dtype)
    layer = keras.layers.Dense(3, dtype=dtype, kernel_initializer="ones")
    saved = keras.Model(x, _as_layers(body, layer(x)))
    saved.save(tmp_path / f"model.{ending}")
    values = tf.constant([[0.5, -1.25, 3.0], [0.1, 0.2, 0.3]], dtype)
    result = load(LoadRequest(tmp_path / f"model.{ending}", ending))(values)
    np.testing.assert_array_equal(result, saved(values))
    assert result.dtype == dtype
