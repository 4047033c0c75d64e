"""Arithmetic of two values: `+`, `-`, `*`, `/`, `//`, `%` and `**` on tensors, and related functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.dtypes import (
    cast,
    dtype_of,
    is_tensor,
    result_type,
    strong,
    strongly,
    together,
    weakly,
)
from translation.keras3_to_2.operations.operation import NUMBERS, Build, Operation, found, named
from translation.operators.operator import Example, example, tensor

_ARRAY = Constant([1.5, -2.0, 3.0, 0.5], "float32")
_COLUMN = Constant([[1.5], [-2.0], [3.0], [0.5]], "float32")
_TWO = (
    example(tensor(3, 4), tensor(3, 4)),
    example(tensor(3, 4), tensor(1, 4)),
    example(tensor(3, 4), 2),
    example(3, tensor(4)),
    example(tensor(4), 0.5),
    example(0.5, tensor(4)),
    example(tensor(4, dtype="float32"), _ARRAY),
    example(_ARRAY, tensor(4, dtype="float32")),
    example(tensor(4, dtype="int32"), tensor(4)),
    example(tensor(4, dtype="float32"), tensor(4, dtype="float16")),
)
_DIVISOR = (
    example(tensor(4), tensor(4, domain="positive")),
    example(tensor(2, 4), 3),
    example(7, tensor(4, domain="positive")),
    example(tensor(4), tensor(4, dtype="int32", domain="positive")),
    example(tensor(4), 2.5),
)


def _weak(names: str, function: str, *examples: Example, dtypes: str = NUMBERS) -> Operation:
    """A function of two values in their common dtype, which a plain number takes on."""
    return named(names, lambda tf, x1, x2: found(tf, function)(*weakly(tf, x1, x2)), *examples, dtypes=dtypes)


def _strong(names: str, function: str, *examples: Example, dtypes: str = NUMBERS) -> Operation:
    """A function of two values in their common dtype, where plain numbers are int32 or float32."""
    return named(names, lambda tf, x1, x2: found(tf, function)(*strongly(tf, x1, x2)), *examples, dtypes=dtypes)


def _of_floats(names: str, function: str, *examples: Example, weak: bool = False, dtypes: str = NUMBERS) -> Operation:
    """A function of two values in their common float dtype."""
    common = weakly if weak else strongly
    return named(
        names, lambda tf, x1, x2: found(tf, function)(*common(tf, x1, x2, also="float")), *examples, dtypes=dtypes
    )


def _add(tf: Any, x1: Any, x2: Any) -> Any:
    """The sum; Keras 3 adds what looks like a bias along an axis of its size, wherever that would be broadcast."""
    x1, x2 = weakly(tf, x1, x2)
    axes, wide = _sizes(x1), [size for size in _sizes(x2) if size is None or size > 1]
    if len(wide) == 1 and wide[0] is not None and len(axes) > 1 and wide[0] in (axes[1], axes[-1]):
        shape = wide if axes[-1] == wide[0] else [*wide, *(1 for _ in axes[2:])]
        x2 = tf.reshape(x2, shape) if is_tensor(x2) else np.reshape(x2, shape).tolist()
    return tf.add(x1, x2)


def _sizes(x: Any) -> list[Any]:
    """The sizes of a tensor, or of plain numbers in lists."""
    return list(x.shape if is_tensor(x) else np.shape(x))


def _power(tf: Any, x1: Any, x2: Any) -> Any:
    dtype = result_type(dtype_of(x1), dtype_of(x2))
    if "uint" not in dtype:
        return tf.pow(*weakly(tf, x1, x2))
    return tf.cast(tf.pow(*together(tf, x1, x2, dtype="int32")), dtype)


def _mod(tf: Any, x1: Any, x2: Any) -> Any:
    dtype = result_type(strong(x1), strong(x2))
    return tf.math.mod(*together(tf, x1, x2, dtype="int32" if dtype == "bool" else dtype))


def _fmod(tf: Any, x1: Any, x2: Any) -> Any:
    dtype = result_type(strong(x1), strong(x2))
    dtype = "int32" if dtype == "bool" else dtype
    x1, x2 = together(tf, x1, x2, dtype="int32" if "uint" in dtype else dtype)
    rest = tf.math.mod(_magnitude(tf, x1), _magnitude(tf, x2))
    return cast(tf, tf.multiply(tf.sign(x1), rest), dtype)


def _magnitude(tf: Any, x: Any) -> Any:
    """The absolute value of a tensor, or of plain numbers."""
    if isinstance(x, list):
        return [_magnitude(tf, item) for item in x]
    return tf.abs(x) if is_tensor(x) else abs(x)


def _heaviside(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2 = together(tf, x1, x2, dtype=_wide(result_type(strong(x1), strong(x2))))
    x1 = x1 if is_tensor(x1) else tf.add(tf.zeros_like(x2), x1)
    above = tf.where(tf.greater(x1, 0), tf.ones_like(x1), x2)
    return tf.where(tf.less(x1, 0), tf.zeros_like(x1), above)


def _hypot(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2 = together(tf, x1, x2, dtype=_wide(result_type(strong(x1), strong(x2))))
    x1, x2 = (tf.abs(each) for each in (x1, x2))
    larger, smaller = tf.maximum(x1, x2), tf.minimum(x1, x2)
    ratio = tf.math.divide_no_nan(smaller, larger)
    return tf.multiply(larger, tf.sqrt(tf.add(tf.square(ratio), 1.0)))


def _wide(dtype: str) -> str:
    """The float dtype in which Keras 3 computes some functions: int64 becomes float64."""
    return "float64" if dtype == "int64" else dtype if "float" in dtype else "float32"


def _logaddexp(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2 = strongly(tf, x1, x2, also="float")
    delta = tf.subtract(x1, x2)
    total = tf.add(tf.maximum(x1, x2), tf.math.log1p(tf.exp(tf.negative(tf.abs(delta)))))
    return tf.where(tf.math.is_nan(delta), tf.add(x1, x2), total)


def _logaddexp2(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2 = strongly(tf, x1, x2, also="float")
    delta, log2 = tf.subtract(x1, x2), 0.6931471805599453
    rest = tf.math.log1p(tf.exp(tf.multiply(tf.negative(tf.abs(delta)), log2)))
    total = tf.add(tf.maximum(x1, x2), tf.divide(rest, log2))
    return tf.where(tf.math.is_nan(delta), tf.add(x1, x2), total)


def _nextafter(tf: Any, x1: Any, x2: Any) -> Any:
    dtype = result_type(strong(x1), strong(x2), "float")
    return tf.cast(tf.math.nextafter(*together(tf, x1, x2, dtype="float64")), dtype)


def _ldexp(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2 = strongly(tf, x1, x2, also="float")
    result = tf.multiply(x1, tf.pow(tf.multiply(tf.ones_like(x2), 2.0), x2))
    return tf.where(tf.logical_or(tf.math.is_inf(x1), tf.equal(x1, 0.0)), x1, result)


def _of_not_nan(function: str) -> Build:
    """The larger or smaller of two values, of which one may be NaN."""

    def build(tf: Any, x1: Any, x2: Any) -> Any:
        x1, x2 = weakly(tf, x1, x2)
        result = found(tf, function)(x1, x2)
        if "float" not in dtype_of(result):
            return result
        x1, x2 = (each if is_tensor(each) else tf.add(tf.zeros_like(result), each) for each in (x1, x2))
        first, second = tf.math.is_nan(x1), tf.math.is_nan(x2)
        result = tf.where(tf.logical_and(first, tf.logical_not(second)), x2, result)
        return tf.where(tf.logical_and(second, tf.logical_not(first)), x1, result)

    return build


def _bitwise(names: str, function: str) -> Operation:
    """A function of the bits of two whole numbers."""

    def build(tf: Any, x: Any, y: Any) -> Any:
        shifted = "shift" in function and isinstance(y, int)
        common = together(tf, x, y, dtype=strong(x)) if shifted else strongly(tf, x, y)
        return found(tf, f"bitwise.{function}")(*common)

    examples = [example(tensor(4, domain="label"), tensor(4, domain="label"))]
    examples += [example(tensor(2, 4, domain="label"), 2)] if "shift" in function else []
    return named(names, build, *examples, dtypes="int32 int64")


def _ends(arguments: Mapping[str, Any]) -> str | None:
    dtype = getattr(arguments["x2"], "dtype", "int")
    return None if "int" in str(dtype) else "the exponent must be a whole number"


_TRUTHS = (example(tensor(4), tensor(4)), example(tensor(2, 4), tensor(4, dtype="bool")))
OPERATIONS = (
    named("Add", _add, *_TWO, example(tensor(4, 4), _COLUMN), example(tensor(4, 3), _COLUMN), dtypes=NUMBERS),
    _weak("Subtract", "subtract", *_TWO),
    _weak("Multiply", "multiply", *_TWO),
    _weak("Maximum", "maximum", *_TWO),
    _weak("Minimum", "minimum", *_TWO),
    _of_floats("Divide TrueDivide", "divide", *_DIVISOR, weak=True),
    _of_floats("DivideNoNan", "math.divide_no_nan", *_DIVISOR, example(tensor(4), tensor(4)), weak=True),
    _weak("FloorDivide", "math.floordiv", *_DIVISOR),
    named("Mod", _mod, *_DIVISOR, dtypes=NUMBERS),
    named("Fmod", _fmod, *_DIVISOR, dtypes=NUMBERS),
    named(
        "Power",
        _power,
        example(tensor(3), 2),
        example(tensor(3, domain="positive"), 0.5),
        example(2.0, tensor(3)),
        example(tensor(3, domain="positive"), tensor(3, domain="label")),
        dtypes=NUMBERS,
    ),
    _of_floats("Arctan2", "math.atan2", *_TWO[:2]),
    named("Heaviside", _heaviside, *_TWO[:2], dtypes=NUMBERS),
    named("Hypot", _hypot, *_TWO[:2], dtypes=NUMBERS),
    named("Logaddexp", _logaddexp, *_TWO[:2], dtypes=NUMBERS),
    named("Logaddexp2", _logaddexp2, *_TWO[:2], dtypes=NUMBERS),
    named("Nextafter", _nextafter, *_TWO[:2]),
    named("Ldexp", _ldexp, example(tensor(4), tensor(4, dtype="int32")), example(tensor(4), 3), refuse=_ends),
    named("Fmax", _of_not_nan("maximum"), *_TWO[:5], dtypes=NUMBERS),
    named("Fmin", _of_not_nan("minimum"), *_TWO[:5], dtypes=NUMBERS),
    _bitwise("BitwiseAnd", "bitwise_and"),
    _bitwise("BitwiseOr", "bitwise_or"),
    _bitwise("BitwiseXor", "bitwise_xor"),
    _bitwise("BitwiseLeftShift LeftShift", "left_shift"),
    _bitwise("BitwiseRightShift RightShift", "right_shift"),
    named("BitwiseInvert BitwiseNot", lambda tf, x: tf.bitwise.invert(x), example(tensor(4)), dtypes="int32 int64"),
)
