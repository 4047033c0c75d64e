"""Values converted to tensors, and tensors to other dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.dtypes import cast, dtype_of
from translation.operators.operator import defined_in, example, named, renamed, tensor
from translation.operators.symbolic import is_symbolic


def _to(dtype: str) -> Any:
    return lambda ops, x: cast(ops, x, dtype)


def saturate_cast(ops: Any, value: Any, dtype: str) -> Any:
    """Numbers outside the range of the new dtype become the nearest end of it."""
    import keras

    before = str(value.dtype)
    low, high = _ends(dtype)
    lowest, highest = _ends(before)
    if lowest < low:
        value = ops.maximum(value, _within(low, before, keras.ops))
    if highest > high:
        value = ops.minimum(value, _within(high, before, keras.ops))
    return cast(ops, value, dtype)


def _ends(dtype: str) -> tuple[float, float]:
    if dtype == "bool":
        return 0, 1
    if dtype == "bfloat16":
        return -3.3895313892515355e38, 3.3895313892515355e38
    limits: Any = np.finfo(dtype) if "float" in dtype else np.iinfo(dtype)
    return limits.min.item() if "float" in dtype else limits.min, limits.max.item() if "float" in dtype else limits.max


def _within(end: float, dtype: str, ops: Any) -> Any:
    """The end of a range as the nearest number of `dtype` within it."""
    if "float" not in dtype or dtype == "bfloat16":
        return ops.cast(end, dtype)
    kind = np.dtype(dtype).type
    number = kind(end)
    return number if abs(float(number)) <= abs(end) else np.nextafter(number, kind(0))


def _convert(ops: Any, value: Any, dtype: str | None = None) -> Any:
    whole = ops.stack([_convert(ops, item) for item in value]) if isinstance(value, (list, tuple)) else value
    if dtype is None or sizes.is_dynamic(whole):
        return whole
    return cast(ops, whole, dtype) if is_symbolic(whole) else np.asarray(whole, dtype)


SOURCES = defined_in("framework/tensor_conversion ops/math_ops", keras="backend")
OPERATORS = (
    named("keras.backend.dtype", "", lambda ops, x: dtype_of(x)),  # noqa: ARG005
    named("keras.backend.cast", "x", cast, example(tensor(3), "float16"), example(tensor(2, 3), "int64")),
    named("keras.backend.cast_to_floatx", "x", _to("float32"), example(tensor(3)), example(tensor(2, 3))),
    named("compat.v1.to_bfloat16", "x", _to("bfloat16"), example(tensor(3)), example(tensor(2, 3))),
    named(
        "dtypes.saturate_cast saturate_cast",
        "value",
        saturate_cast,
        example(tensor(3), "uint8"),
        example(tensor(2, 3), "int8"),
    ),
    named(
        "convert_to_tensor",
        "value",
        renamed(_convert, "value dtype -dtype_hint"),
        example([tensor(3), tensor(3)]),
        example(tensor(2, 3)),
    ),
    named(
        "compat.v1.convert_to_tensor",
        "value",
        renamed(_convert, "value dtype -preferred_dtype -dtype_hint"),
        example(tensor(3)),
        example([tensor(2, 3), tensor(2, 3)]),
    ),
)
