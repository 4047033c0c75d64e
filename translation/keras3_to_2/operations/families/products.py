"""Products of vectors, matrices and tensors."""

from __future__ import annotations

from typing import Any

from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.dtypes import (
    cast,
    constant,
    is_tensor,
    result_type,
    strong,
)
from translation.keras3_to_2.operations.families.shapes import moved
from translation.keras3_to_2.operations.operation import NUMBERS, named, part, rank
from translation.operators.operator import example, tensor


def tensors(tf: Any, *values: Any, dtype: str) -> list[Any]:
    """The values as tensors of one dtype."""
    beside = next(value for value in values if is_tensor(value))
    return [cast(tf, v, dtype) if is_tensor(v) else constant(tf, v, dtype, beside) for v in values]


def _in_floats(tf: Any, x1: Any, x2: Any) -> tuple[Any, Any, str]:
    """Two values in the float dtype in which Keras 3 multiplies them, and the dtype of the result."""
    result = result_type(strong(x1), strong(x2))
    x1, x2 = tensors(tf, x1, x2, dtype=result_type(result, "float"))
    return x1, x2, result


def _matmul(tf: Any, x1: Any, x2: Any) -> Any:
    small = strong(x1) == strong(x2) == "int8" and len(x1.shape) > 1 < len(x2.shape)
    x1, x2, dtype = _in_floats(tf, x1, x2)
    return cast(tf, product(tf, x1, x2), "int32" if small else dtype)


def product(tf: Any, x1: Any, x2: Any) -> Any:
    """The matrix product of two tensors of one float dtype."""
    if rank(x2) == 1:
        return tf.tensordot(x1, x2, axes=1)
    if rank(x1) == 1:
        return tf.tensordot(x1, x2, axes=[[0], [rank(x2) - 2]])
    if rank(x2) == 2 and rank(x1) > 2:
        return tf.tensordot(x1, x2, axes=1)
    return tf.matmul(x1, x2)


def _dot(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2, dtype = _in_floats(tf, x1, x2)
    if rank(x1) == 0 or rank(x2) == 0:
        return cast(tf, tf.multiply(x1, x2), dtype)
    return cast(tf, tf.tensordot(x1, x2, axes=[[rank(x1) - 1], [max(rank(x2) - 2, 0)]]), dtype)


def _vdot(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2, dtype = _in_floats(tf, x1, x2)
    x1, x2 = (tf.reshape(each, [-1]) for each in (x1, x2))
    return cast(tf, tf.tensordot(x1, x2, axes=1), dtype)


def _inner(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2, dtype = _in_floats(tf, x1, x2)
    if rank(x1) == 0 or rank(x2) == 0:
        return cast(tf, tf.multiply(x1, x2), dtype)
    return cast(tf, tf.tensordot(x1, x2, axes=[[rank(x1) - 1], [rank(x2) - 1]]), dtype)


def _outer(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2 = tensors(tf, x1, x2, dtype=result_type(strong(x1), strong(x2)))
    return tf.multiply(tf.reshape(x1, [-1, 1]), tf.reshape(x2, [-1]))


def _tensordot(tf: Any, x1: Any, x2: Any, *, axes: Any = 2) -> Any:
    dtype = result_type(strong(x1), strong(x2))
    wide = dtype if dtype in ("int32", "int64") or "float" in dtype else "float32"
    axes = [each if isinstance(each, list) else [each] for each in axes] if isinstance(axes, list) else axes
    return cast(tf, tf.tensordot(*tensors(tf, x1, x2, dtype=wide), axes=axes), dtype)


def _kronecker(tf: Any, x1: Any, x2: Any) -> Any:
    x1, x2 = tensors(tf, x1, x2, dtype=result_type(strong(x1), strong(x2)))
    for _ in range(rank(x2) - rank(x1)):
        x1 = tf.expand_dims(x1, 0)
    for _ in range(rank(x1) - rank(x2)):
        x2 = tf.expand_dims(x2, 0)
    first, second = x1, x2
    for axis in range(rank(x1)):
        first, second = tf.expand_dims(first, 2 * axis + 1), tf.expand_dims(second, 2 * axis)
    return tf.reshape(tf.multiply(first, second), tf.multiply(tf.shape(x1), tf.shape(x2)))


def _cross(  # noqa: PLR0913 - the arguments of Keras
    tf: Any, x1: Any, x2: Any, *, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    x1, x2 = tensors(tf, x1, x2, dtype=result_type(strong(x1), strong(x2)))
    x1, x2 = moved(tf, x1, axisa, -1), moved(tf, x2, axisb, -1)
    flat = x1.shape[-1] == x2.shape[-1] == 2
    x1, x2 = (_of_three(tf, each) for each in (x1, x2))
    a, b = ([part(each, ..., index) for index in range(3)] for each in (x1, x2))
    found = [tf.subtract(tf.multiply(a[i], b[j]), tf.multiply(a[j], b[i])) for i, j in ((1, 2), (2, 0), (0, 1))]
    return found[2] if flat else moved(tf, tf.stack(found, axis=-1), -1, axisc)


def _of_three(tf: Any, x: Any) -> Any:
    """Vectors with a third component."""
    return x if x.shape[-1] == 3 else tf.pad(x, [*([0, 0] for _ in x.shape[:-1]), [0, 1]])


_MATRICES = (
    example(tensor(3, 4), tensor(4, 2)),
    example(tensor(2, 3, 4), tensor(2, 4, 3)),
    example(tensor(3, 4), Constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [0.5, 1.0]], "float32")),
    example(tensor(3, 4), Constant([1.0, 2.0, 3.0, 4.0], "float32")),
)
OPERATIONS = (
    named(
        "Matmul", _matmul, *_MATRICES, example(tensor(3, 4, dtype="int8"), tensor(4, 2, dtype="int8")), dtypes=NUMBERS
    ),
    named("Dot", _dot, *_MATRICES[2:], example(tensor(3), 2), dtypes=NUMBERS),
    named("Vdot", _vdot, example(tensor(3), tensor(3)), dtypes="float32 int32"),
    named("Inner", _inner, example(tensor(2, 4), Constant([1.0, 2.0, 3.0, 4.0], "float32")), dtypes="float32 int32"),
    named(
        "Outer",
        _outer,
        example(tensor(2), tensor(3)),
        example(tensor(2), Constant([1, 2], "int32")),
        dtypes="float32 int32",
    ),
    named(
        "Tensordot",
        _tensordot,
        example(tensor(3, 4), Constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]], "float32"), axes=1),
        example(tensor(3, 4), tensor(4, 3), axes=[[1, 2], [2, 1]]),
        dtypes="float32 int32",
    ),
    named("Kron", _kronecker, example(tensor(2), Constant([[1.0, 2.0]], "float32"))),
    named(
        "Cross",
        _cross,
        example(tensor(3), tensor(3)),
        example(tensor(2), tensor(2)),
        example(tensor(3, 2), tensor(3, 2), axis=1),
    ),
)
