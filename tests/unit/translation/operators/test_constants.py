"""Constants of a call, read as TensorFlow reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from translation.operators import constants


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ([1, 2], None, "int32"),
        ([1.0, 2.0], None, "float32"),
        ([True], "float32", "bool"),
        ([2**53 + 1], "int64", "int64"),
        ([1e-45], "float64", "float64"),
        (np.arange(2), None, "int64"),
    ],
)
def test_a_constant_has_the_dtype_of_tensorflow(value: Any, dtype: str | None, expected: str) -> None:
    assert constants.array(value, dtype).dtype == expected


def test_a_constant_is_exact() -> None:
    assert constants.array([2**53 + 1], "int64")[0] == 2**53 + 1
    assert np.signbit(constants.array([-0.0])[0])
