"""Tensors created from a shape: filled with a value, ranges, evenly spaced numbers, identity matrices and masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import constants, sizes
from translation.operators.arrays.joining import grid
from translation.operators.broadcast_add import add
from translation.operators.dtypes import dtype_of, is_whole
from translation.operators.math.arithmetic import fraction
from translation.operators.operator import FLOATS, Operator, defined_in, example, named, renamed, tensor
from translation.operators.symbolic import is_symbolic


def filled(shape: Any, value: Any, dtype: str | None = None) -> Any:
    """A tensor filled with one value, in a shape of integers and `Size`s."""
    target = [sizes.resolved(size) for size in sizes.flat(shape)]
    if not sizes.is_dynamic(target) and not is_symbolic(value):
        return np.full(target, value, dtype or _dtype_of(value))
    from keras import ops as symbolic

    if isinstance(value, str):
        raise ValueError("a string tensor needs a shape known before the model runs")
    return symbolic.full_like(grid(target), sizes.as_scalar(value), dtype=dtype or _dtype_of(value))


def _dtype_of(value: Any) -> Any:
    """The dtype that TensorFlow gives a plain number."""
    if isinstance(value, sizes.Size):
        return "int32"
    if hasattr(value, "dtype"):
        return value.dtype
    return constants.array(value).dtype.name


def _zeros(ops: Any, shape: Any, dtype: str = "float32") -> Any:  # noqa: ARG001
    return filled(shape, 0, dtype)


def _ones(ops: Any, shape: Any, dtype: str = "float32") -> Any:  # noqa: ARG001
    return filled(shape, 1, dtype)


def _fill(ops: Any, dims: Any, value: Any) -> Any:  # noqa: ARG001
    return filled(dims, value)


def _range(ops: Any, start: Any, limit: Any = None, delta: Any = 1, dtype: str | None = None) -> Any:  # noqa: ARG001
    first, end = (0, start) if limit is None else (start, limit)
    first, end, step = (_whole(value) for value in (first, end, delta))
    if not sizes.is_dynamic([first, end, step]):
        numbers = np.arange(first, end, step)
        return numbers.astype(dtype or ("int32" if numbers.dtype.kind in "iu" else "float32"))
    if isinstance(step, float) or isinstance(first, float) or isinstance(end, float):
        raise ValueError("a range of floats needs a length known before the model runs")
    places = sizes.range_of(_steps(first, end, step)) * sizes.as_scalar(step) + sizes.as_scalar(first)
    return places if dtype is None else _cast(places, dtype)


def _steps(first: Any, end: Any, step: Any) -> Any:
    """The length of a range; the end is excluded."""
    way, step = (first - end, -step) if isinstance(step, int) and step < 0 else (end - first, step)
    return way if isinstance(step, int) and step == 1 else (way + step - 1) // step


def _whole(value: Any) -> Any:
    if isinstance(value, float):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return float(value)
    return sizes.resolved(sizes.flat(value)[0])


def _cast(value: Any, dtype: str) -> Any:
    from keras import ops

    return ops.cast(value, dtype)


def _arange(ops: Any, start: Any, stop: Any = None, step: Any = 1, dtype: str = "int32") -> Any:
    if stop is None and isinstance(start, int) and start < 0:
        start = 0  # as Keras 2 does
    return _range(ops, start, stop, step, dtype)


def _linspace(ops: Any, start: Any, stop: Any, num: int, axis: int = 0) -> Any:
    count = sizes.resolved(sizes.flat(num)[0])
    if not isinstance(count, int):
        return _evenly(start, stop, count)
    # On PyTorch, Keras only puts the numbers along the first axis.
    if is_symbolic(start) and is_symbolic(stop) and is_whole(start, stop):
        start, stop = (fraction(ops, each) for each in (start, stop))
    numbers = ops.linspace(start, stop, count)
    numbers = ops.moveaxis(numbers, 0, axis) if axis else numbers
    return numbers.astype(_dtype_of(start)) if isinstance(numbers, np.ndarray) else numbers


def _evenly(start: Any, stop: Any, count: sizes.Size) -> Any:
    """Evenly spaced numbers; the last is exactly the end, and a single one is the start."""
    from keras import ops

    if np.ndim(start) or np.ndim(stop):
        raise ValueError("linspace of tensors needs a num known before the model runs")
    places, last = sizes.range_of(count), ops.maximum(count.count() - 1, 1)
    dtype = dtype_of(start, stop) or "float32"
    start, stop = (ops.convert_to_tensor(end, dtype) for end in (start, stop))
    step = ops.divide(ops.subtract(stop, start), ops.cast(last, dtype))
    spaced = add(ops.multiply(ops.cast(places, dtype), step), start)
    return ops.where(ops.equal(places, last), stop, spaced)


def _constant(ops: Any, value: Any, dtype: str | None = None, shape: Any = None) -> Any:  # noqa: ARG001
    numbers = constants.array(value, dtype)
    if shape is None:
        return numbers
    return np.full(shape, numbers.item(), numbers.dtype) if numbers.size == 1 else numbers.reshape(shape)


def _backend_constant(ops: Any, value: Any, dtype: str | None = None, shape: Any = None) -> Any:
    return _constant(ops, value, dtype or "float32", shape)


def _meshgrid(ops: Any, *args: Any, indexing: str = "xy") -> Any:
    return ops.meshgrid(*args, indexing=indexing)


def _eye(
    ops: Any,  # noqa: ARG001
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: str = "float32",
) -> Any:
    wide = num_rows if num_columns is None else num_columns
    rows, columns = (sizes.resolved(sizes.flat(each)[0]) for each in (num_rows, wide))
    batch = [sizes.resolved(size) for size in sizes.flat([] if batch_shape is None else batch_shape)]
    if not sizes.is_dynamic([rows, columns, *batch]):
        return np.broadcast_to(np.eye(rows, columns, dtype=dtype), (*batch, rows, columns))
    from keras import ops as symbolic

    down, across = symbolic.expand_dims(sizes.range_of(rows), 1), symbolic.expand_dims(sizes.range_of(columns), 0)
    return _cast(symbolic.cast(symbolic.equal(down, across), "int32") * grid([*batch, rows, columns]), dtype)


def _sequence_mask(ops: Any, lengths: Any, maxlen: Any = None, dtype: str = "bool") -> Any:
    if maxlen is None:
        raise ValueError("without maxlen the length of the mask depends on the values of the lengths")
    within = ops.less(sizes.range_of(sizes.flat(maxlen)[0]), ops.expand_dims(ops.cast(lengths, "int32"), -1))
    return within if dtype == "bool" else ops.cast(within, dtype)


def _likes(name: str, dtype: str) -> tuple[Operator, ...]:
    """The function of TensorFlow 2, of TensorFlow 1 and of `keras.backend`."""

    def build(ops: Any, input: Any, dtype: str | None = None) -> Any:  # noqa: A002
        return getattr(ops, name)(input, dtype=dtype)

    three, other = example(tensor(3)), tensor(2, 3)
    old = renamed(build, "tensor=input dtype -optimize")
    return (
        named(name, "input", renamed(build, "input dtype -layout"), three, example(other, dtype=dtype)),
        named(f"compat.v1.{name}", "tensor", old, three, example(other, dtype)),
        named(f"keras.backend.{name}", "x", renamed(build, "x=input dtype"), three, example(other, "int32")),
    )


SOURCES = defined_in("framework/constant_op ops/array_ops ops/linalg_ops ops/math_ops", keras="backend")
OPERATORS = (
    named("zeros", "", renamed(_zeros, "shape dtype -layout")),
    named("ones", "", renamed(_ones, "shape dtype -layout")),
    named("fill", "", renamed(_fill, "dims value -layout")),
    *_likes("zeros_like", "int32"),
    *_likes("ones_like", "float16"),
    named("constant compat.v1.constant", "", _constant),
    named("keras.backend.constant", "", _backend_constant),
    named("meshgrid", "args", _meshgrid),
    named("range", "", _range),
    named("keras.backend.arange", "", _arange),
    named(
        "linspace",
        "start stop",
        _linspace,
        example(tensor(3), tensor(3), 4),
        example(tensor(2, 3), tensor(2, 3), num=5, axis=-1),
        dtypes=FLOATS,
    ),
    named("eye", "", _eye),
    named(
        "sequence_mask",
        "lengths",
        _sequence_mask,
        example(tensor(), 5),
        example(tensor(3), maxlen=6, dtype="float32"),
        dtypes="int32 int64",
    ),
)
