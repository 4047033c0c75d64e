"""Operators that no file of Keras 2 can hold, for it loses or cannot write an argument: against TensorFlow itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

VALUES = np.random.default_rng(6).standard_normal((2, 3, 3)).astype("float32")
ROUNDED = np.round(VALUES)


@pytest.mark.parametrize(
    ("name", "first", "others"),
    [
        ("einsum", "abc,acd->abd", {"inputs": ["x", "y"]}),
        ("einsum", "...bc->...cb", {"inputs": ["x"]}),
        ("matmul", ["x", "y"], {"b": ["y", "y"], "transpose_b": True}),
        ("math.reduce_mean", ["x", "y"], {"axis": 0}),
        ("__operators__.eq", "x", {"other": "y"}),
        ("__operators__.ne", "x", {"other": 1.0}),
        ("norm", "x", {"ord": math.inf, "axis": -1}),
        ("norm", "x", {"ord": math.inf, "axis": [-2, -1], "keepdims": True}),
    ],
)
def test_it_computes_what_tensorflow_does(name: str, first: Any, others: dict[str, Any]) -> None:
    import keras

    from importer.build import operator_calls

    x, y = keras.Input((3, 3), name="x"), keras.Input((3, 3), name="y")
    given = _filled({"first": first, **others}, {"x": x, "y": y})
    model = keras.Model([x, y], operator_calls.call(name, [given.pop("first")], given))
    found = model([ROUNDED, ROUNDED[:, ::-1]])
    np.testing.assert_allclose(found, _expected(name, first, others), rtol=1e-6)


def _expected(name: str, first: Any, others: dict[str, Any]) -> Any:
    import tensorflow as tf

    tensors = {"x": tf.constant(ROUNDED), "y": tf.constant(ROUNDED[:, ::-1])}
    given = _filled(others, tensors)
    if name == "einsum":
        return tf.einsum(first, *given["inputs"])
    functions = {
        "norm": tf.norm,
        "matmul": tf.matmul,
        "math.reduce_mean": tf.reduce_mean,
        "__operators__.eq": tf.equal,
        "__operators__.ne": tf.not_equal,
    }
    more = [given.pop("other")] if "other" in given else []
    return functions[name](_filled(first, tensors), *more, **given)


def _filled(value: Any, tensors: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, tensors) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, tensors) for item in value]
    return tensors.get(value, value) if isinstance(value, str) else value
