"""Functions of each element: roots, logarithms, angles, rounding and the like."""

from __future__ import annotations

import math
from typing import Any

from translation.keras3_to_2.operations.dtypes import cast, dtype_of, floating, is_whole
from translation.keras3_to_2.operations.operation import FLOATS, NUMBERS, Operation, found, named
from translation.operators.operator import example, tensor

_FLOAT_LIMITS = {
    "bfloat16": 3.3895313892515355e38,
    "float16": 65504.0,
    "float32": 3.4028234663852886e38,
    "float64": 1.7976931348623157e308,
}


def _of_floats(name: str, function: str, domain: str | None = None) -> Operation:
    """A function that Keras 3 computes of whole numbers in float32."""
    examples = example(tensor(3, domain=domain)), example(tensor(2, 4, domain=domain))
    return named(name, lambda tf, x: found(tf, function)(floating(tf, x)), *examples, dtypes=f"{NUMBERS} bool")


def _as_it_is(name: str, function: str, domain: str | None = None, dtypes: str = NUMBERS) -> Operation:
    """A function that Keras 3 computes in the dtype of its input."""
    return named(name, lambda tf, x: found(tf, function)(x), example(tensor(2, 3, domain=domain)), dtypes=dtypes)


def _logarithm(base: int) -> Any:
    def build(tf: Any, x: Any) -> Any:
        x = floating(tf, x)
        return tf.divide(tf.math.log(x), tf.math.log(tf.multiply(tf.ones_like(x), float(base))))

    return build


def _absolute(tf: Any, x: Any) -> Any:
    dtype = dtype_of(x)
    return tf.identity(x) if "uint" in dtype or dtype == "bool" else tf.abs(x)


def _square(tf: Any, x: Any) -> Any:
    return tf.square(cast(tf, x, "int32") if dtype_of(x) == "bool" else x)


def _cube_root(tf: Any, x: Any) -> Any:
    x = _in_floats(tf, x)
    return tf.multiply(tf.sign(x), tf.pow(tf.abs(x), 1.0 / 3.0))


def _in_floats(tf: Any, x: Any) -> Any:
    """The float dtype of some functions, which compute int64 in float64."""
    return cast(tf, x, "float64" if dtype_of(x) == "int64" else "float32") if is_whole(x) else x


def _times(factor: float) -> Any:
    return lambda tf, x: tf.multiply(_in_floats(tf, x), factor)


def _sinc(tf: Any, x: Any) -> Any:
    x = floating(tf, x)
    angle = tf.multiply(x, math.pi)
    return tf.where(tf.equal(x, 0.0), tf.ones_like(x), tf.divide(tf.sin(angle), angle))


def _bessel(tf: Any, x: Any) -> Any:
    return tf.math.bessel_i0(_in_floats(tf, x))


def _angle(tf: Any, x: Any) -> Any:
    """The angle of a real number: pi if it is negative."""
    x = floating(tf, x)
    return tf.where(tf.less(x, 0.0), tf.add(tf.zeros_like(x), math.pi), tf.zeros_like(x))


def _sign(tf: Any, x: Any) -> Any:
    dtype = dtype_of(x)
    return cast(tf, tf.sign(cast(tf, x, "int32")), dtype) if "uint" in dtype else tf.sign(x)


def _signbit(tf: Any, x: Any) -> Any:
    if dtype_of(x) == "bool":
        return tf.zeros_like(x)
    if is_whole(x):
        return tf.less(x, 0)
    return tf.less(tf.bitcast(cast(tf, x, "float32"), "int32"), 0)


def _round(tf: Any, x: Any, *, decimals: int = 0) -> Any:
    if decimals == 0:
        return tf.round(x)
    dtype = dtype_of(x)
    if is_whole(x) and decimals > 0:
        return tf.identity(x)
    factor = math.pow(10, decimals)
    scaled = tf.multiply(cast(tf, x, "float32") if is_whole(x) else x, factor)
    return cast(tf, tf.divide(tf.round(scaled), factor), dtype)


def _truncate(tf: Any, x: Any) -> Any:
    return tf.identity(x) if is_whole(x) else tf.where(tf.less(x, 0.0), tf.math.ceil(x), tf.floor(x))


def _clip(tf: Any, x: Any, *, x_min: Any, x_max: Any) -> Any:
    dtype = "int32" if dtype_of(x) == "bool" else dtype_of(x)
    x = cast(tf, x, dtype)
    return tf.clip_by_value(x, *(cast(tf, each, dtype) for each in (x_min, x_max)))


def _reciprocal(tf: Any, x: Any) -> Any:
    return tf.math.reciprocal(x)


def _erfinv(tf: Any, x: Any) -> Any:
    dtype = dtype_of(x)
    return (
        cast(tf, tf.math.erfinv(cast(tf, x, "float32")), dtype)
        if dtype in ("bfloat16", "float16")
        else tf.math.erfinv(x)
    )


def numbers(tf: Any, x: Any, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """The values with numbers in place of NaN and infinities."""
    if is_whole(x):
        return tf.identity(x)
    limit = _FLOAT_LIMITS[dtype_of(x)]
    values = tf.where(tf.math.is_nan(x), tf.add(tf.zeros_like(x), nan), x)
    for above, replacement in ((True, posinf), (False, neginf)):
        number = (limit if above else -limit) if replacement is None else replacement
        side = tf.greater(values, 0.0) if above else tf.less(values, 0.0)
        there = tf.logical_and(tf.math.is_inf(values), side)
        values = tf.where(there, tf.add(tf.zeros_like(values), number), values)
    return values


OPERATIONS = (
    named("Absolute Abs", _absolute, example(tensor(2, 3)), dtypes="float32 int32 bool"),
    named("Fabs", lambda tf, x: tf.abs(floating(tf, x)), example(tensor(2, 3)), dtypes=NUMBERS),
    _as_it_is("Negative", "negative"),
    _as_it_is("Conjugate Conj Real", "identity"),
    named("Imag", lambda tf, x: tf.zeros_like(x), example(tensor(2, 3)), dtypes=FLOATS),
    named("Angle", _angle, example(tensor(2, 3)), dtypes=NUMBERS),
    named("Square", _square, example(tensor(2, 3)), dtypes=f"{NUMBERS} bool"),
    _of_floats("Sqrt", "sqrt", "positive"),
    _as_it_is("Rsqrt", "math.rsqrt", "positive", FLOATS),
    named("Cbrt", _cube_root, example(tensor(3)), dtypes="float32 int32"),
    named("Reciprocal", _reciprocal, example(tensor(3, domain="positive")), dtypes=FLOATS),
    _of_floats("Exp", "exp"),
    named(
        "Exp2",
        lambda tf, x: tf.pow(tf.multiply(tf.ones_like(floating(tf, x)), 2.0), floating(tf, x)),
        example(tensor(3)),
    ),
    _of_floats("Expm1", "math.expm1"),
    _of_floats("Log", "math.log", "positive"),
    named("Log2", _logarithm(2), example(tensor(3, domain="positive")), dtypes="float32 int32"),
    named("Log10", _logarithm(10), example(tensor(3, domain="positive")), dtypes="float32 int32"),
    _of_floats("Log1p", "math.log1p", "positive"),
    _of_floats("Sin", "sin"),
    _of_floats("Cos", "cos"),
    _of_floats("Tan", "tan"),
    _of_floats("Sinh", "sinh"),
    _of_floats("Cosh", "cosh"),
    _of_floats("Tanh", "tanh"),
    _of_floats("Arcsin", "asin", "unit"),
    _of_floats("Arccos", "acos", "unit"),
    _of_floats("Arctan", "atan"),
    _of_floats("Arcsinh", "asinh"),
    _of_floats("Arccosh", "acosh", "positive"),
    _of_floats("Arctanh", "atanh", "unit"),
    named("Sinc", _sinc, example(tensor(3)), dtypes="float32 int32"),
    named("I0", _bessel, example(tensor(3)), dtypes="float32 int32"),
    named("Deg2rad", _times(math.pi / 180), example(tensor(3)), dtypes="float32 int32 int64"),
    named("Rad2deg", _times(180 / math.pi), example(tensor(3)), dtypes="float32 int32 int64"),
    _of_floats("Floor", "floor"),
    _of_floats("Ceil", "math.ceil"),
    named(
        "Round",
        _round,
        example(tensor(3)),
        example(tensor(3), decimals=1),
        example(tensor(3), decimals=-1),
        dtypes=NUMBERS,
    ),
    named("Trunc", _truncate, example(tensor(3)), dtypes=NUMBERS),
    named("Sign", _sign, example(tensor(2, 3)), dtypes="float32 int32 float16"),
    named("Signbit", _signbit, example(tensor(2, 3)), dtypes="float32 int32 float16 bool"),
    named(
        "Clip",
        _clip,
        example(tensor(2, 3, dtype="float32"), x_min=-1, x_max=0.5),
        example(tensor(3), x_min=0, x_max=2),
        dtypes=f"{NUMBERS} bool",
    ),
    _as_it_is("Erf", "math.erf", dtypes=FLOATS),
    _as_it_is("Erfc", "math.erfc", dtypes=FLOATS),
    named("Erfinv", _erfinv, example(tensor(3, domain="unit")), dtypes=FLOATS),
    named(
        "NanToNum",
        numbers,
        example(tensor(3)),
        example(tensor(3, domain="special"), nan=1.0, posinf=9.0),
        example(tensor(3, domain="special")),
        dtypes=NUMBERS,
    ),
)
