"""Bodies of Lambda layers on TensorFlow's own functions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exporter.lambdas import TensorFlowWorld


@pytest.mark.parametrize(
    ("symbol", "sign"),
    [
        ("__operators__.add", operator.add),
        ("math.subtract", operator.sub),
        ("math.multiply", operator.mul),
        ("math.truediv", operator.truediv),
        ("math.pow", operator.pow),
        ("math.less", operator.lt),
    ],
)
@pytest.mark.parametrize("left", [3, 2.5, np.array([1.0, 2.0])], ids=["int", "float", "array"])
def test_what_stands_left_of_a_tensor_takes_its_dtype(symbol: str, sign: Callable[[Any, Any], Any], left: Any) -> None:
    import tensorflow as tf

    x = tf.constant([0.5, 1.5])
    expected = sign(left, x)
    result = TensorFlowWorld().call(symbol, (left, x), {})
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result.numpy(), expected.numpy())
