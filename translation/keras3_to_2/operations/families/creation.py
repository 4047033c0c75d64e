"""New tensors of the shape of others, casts, and what passes a tensor on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras3_to_2.operations.dtypes import SUPPORTED, cast, dtype_of, result_type, together
from translation.keras3_to_2.operations.operation import NUMBERS, Build, listed, named
from translation.operators.operator import example, tensor

_FLOAT_LIMITS = {"float16": 65504.0, "bfloat16": 3.3895313892515355e38}
_WHOLE_LIMITS = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}


def _cast(tf: Any, x: Any, *, dtype: str) -> Any:
    return tf.cast(x, dtype)


def _unknown_dtype(arguments: Mapping[str, Any]) -> str | None:
    dtype = arguments.get("dtype")
    return None if dtype is None or dtype in SUPPORTED else f"tensors of dtype {dtype} are not supported"


def _dtype_or_own(tf: Any, x: Any, *, dtype: str | None = None) -> Any:
    return tf.cast(x, dtype) if dtype and dtype != dtype_of(x) else tf.identity(x)


def _saturate(tf: Any, x: Any, *, dtype: str) -> Any:
    """A cast after which values beyond the limits of the dtype are its limits."""
    return tf.saturate_cast(x, dtype)


def _like(function: str) -> Build:
    def build(tf: Any, x: Any, *, dtype: str | None = None) -> Any:
        return getattr(tf, function)(x, dtype=dtype or dtype_of(x))

    return build


def _full_like(tf: Any, x: Any, fill_value: Any, *, dtype: str | None = None) -> Any:
    zeros = tf.zeros_like(x, dtype=dtype or dtype_of(x))
    value = cast(tf, fill_value, dtype_of(zeros))
    return tf.logical_or(zeros, value) if dtype_of(zeros) == "bool" else tf.add(zeros, value)


def _full(tf: Any, fill_value: Any, *, shape: Any, dtype: str | None = None) -> Any:
    return tf.broadcast_to(cast(tf, fill_value, dtype or "float32"), listed(shape))


def _unknown_size(arguments: Mapping[str, Any]) -> str | None:
    if None in listed(arguments["shape"]):
        return "not every size of the shape is known"
    return _unknown_dtype(arguments)


def _same(tf: Any, x: Any) -> Any:
    return tf.identity(x)


def _powers(tf: Any, x: Any, *, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803 - a name of Keras
    """Powers of a vector's elements as columns."""
    count = x.shape[0] if N is None else N
    powers = list(range(count)) if increasing else list(reversed(range(count)))
    wide = cast(tf, x, "float64" if dtype_of(x) == "float64" else "float32")
    return cast(tf, tf.pow(tf.expand_dims(wide, -1), [float(each) for each in powers]), dtype_of(x))


def _of_unknown_length(arguments: Mapping[str, Any]) -> str | None:
    return "the number of columns is not known" if arguments["N"] is None and arguments["x"].shape[0] is None else None


def _linspace(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    start: Any,
    stop: Any,
    *,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,  # noqa: ARG001 - refused
    dtype: str | None = None,
    axis: int = 0,
) -> Any:
    """Numbers at equal distances; without the endpoint, the last is one step before it."""
    wanted = dtype or result_type(dtype_of(start), dtype_of(stop), "float")
    if endpoint or num < 2:
        return tf.linspace(*together(tf, start, stop, dtype=wanted), num, axis=axis)
    end, begin = together(tf, stop, start, dtype=wanted)
    stop = tf.subtract(end, tf.divide(tf.subtract(end, begin), float(num)))
    start, stop = together(tf, start, stop, dtype=wanted)
    return tf.linspace(start, stop, num, axis=axis)


def _with_a_step_or_whole(arguments: Mapping[str, Any]) -> str | None:
    dtype = arguments.get("dtype")
    if arguments.get("retstep"):
        return "a step beside the numbers is not supported"
    if dtype is not None and "float" not in dtype:
        return f"its numbers are rounded to {dtype}"
    return _unknown_dtype(arguments)


OPERATIONS = (
    named(
        "Cast",
        _cast,
        *(example(tensor(3), dtype=each) for each in ("float16", "int64", "bool", "uint8")),
        dtypes="float32 int32 bool",
        refuse=_unknown_dtype,
    ),
    named(
        "SaturateCast",
        _saturate,
        example(tensor(3), dtype="int8"),
        example(tensor(3), dtype="uint8"),
        dtypes="float32 int32",
        refuse=_unknown_dtype,
    ),
    named(
        "ConvertToTensor",
        _dtype_or_own,
        example(tensor(3)),
        example(tensor(3), dtype="float16"),
        dtypes=NUMBERS,
        refuse=_unknown_dtype,
        ignored="sparse ragged",
    ),
    named("Array", _dtype_or_own, example(tensor(3)), example(tensor(3), dtype="int32"), refuse=_unknown_dtype),
    named("StopGradient", lambda tf, variable: tf.stop_gradient(variable), example(tensor(3)), dtypes=NUMBERS),
    named("Copy", _same, example(tensor(3)), dtypes=NUMBERS),
    named(
        "ZerosLike",
        _like("zeros_like"),
        example(tensor(3)),
        example(tensor(3), dtype="int32"),
        dtypes=NUMBERS,
        refuse=_unknown_dtype,
    ),
    named("EmptyLike", _like("zeros_like"), example(tensor(3)), refuse=_unknown_dtype),
    named(
        "OnesLike",
        _like("ones_like"),
        example(tensor(3)),
        example(tensor(3), dtype="int32"),
        dtypes=NUMBERS,
        refuse=_unknown_dtype,
    ),
    named(
        "FullLike",
        _full_like,
        example(tensor(3), 2),
        example(tensor(3), 1.5, dtype="int32"),
        example(tensor(3), True, dtype="bool"),
        dtypes=NUMBERS,
        refuse=_unknown_dtype,
    ),
    named("Full", _full, refuse=_unknown_size),
    named(
        "Linspace",
        _linspace,
        example(tensor(3), tensor(3), num=5),
        example(tensor(1, 3), tensor(2, 3), num=4, axis=-1),
        example(tensor(3), 2.5, num=4, endpoint=False),
        example(0, tensor(3), num=3, axis=1),
        example(tensor(3), 2, num=1, endpoint=False),
        example(tensor(3), 7, num=6, dtype="float64"),
        dtypes=NUMBERS,
        refuse=_with_a_step_or_whole,
    ),
    named(
        "Vander",
        _powers,
        example(tensor(), N=3),
        example(tensor(), N=4, increasing=True),
        dtypes="float32 int32",
        refuse=_of_unknown_length,
    ),
)
