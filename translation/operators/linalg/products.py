"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

from translation.operators import sizes
from translation.operators.operator import defined_in, example, named, renamed, tensor


def matrix_transpose(ops: Any, x: Any, conjugate: bool = False) -> Any:
    """A matrix with its last two axes swapped."""
    swapped = ops.swapaxes(x, -1, -2)
    return ops.conj(swapped) if conjugate and "complex" in str(x.dtype) else swapped


def _matmul(  # noqa: PLR0913, PLR0917  (TensorFlow's arguments)
    ops: Any, a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, adjoint_a: bool = False,
    adjoint_b: bool = False, output_type: Any = None,
) -> Any:  # fmt: skip
    if output_type is not None:
        raise ValueError(f"output_type={output_type} is not supported")
    left = matrix_transpose(ops, a, adjoint_a) if transpose_a or adjoint_a else a
    right = matrix_transpose(ops, b, adjoint_b) if transpose_b or adjoint_b else b
    return ops.matmul(left, right)


def _matvec(ops: Any, a: Any, b: Any, transpose_a: bool = False, adjoint_a: bool = False) -> Any:
    left = matrix_transpose(ops, a, adjoint_a) if transpose_a or adjoint_a else a
    return ops.squeeze(ops.matmul(left, ops.expand_dims(b, -1)), -1)


def _einsum(ops: Any, equation: str, *inputs: Any) -> Any:
    """Keras 2 does not save its tensors, so it is only called in the bodies of Lambda layers."""
    return ops.einsum(equation, *inputs)


def _dot(ops: Any, x: Any, y: Any) -> Any:
    """The last axis of `x` times the one before the last of `y`."""
    if len(x.shape) == len(y.shape) == 2:
        return ops.matmul(x, y)
    return ops.tensordot(x, y, axes=[[len(x.shape) - 1], [max(len(y.shape) - 2, 0)]])


def _batch_dot(ops: Any, x: Any, y: Any, axes: Any = None) -> Any:
    """As in `keras.backend`: for each sample the remaining axes of `x`, then those of `y`."""
    ranks = len(x.shape), len(y.shape)
    if axes is None:
        axes = [ranks[0] - 1, ranks[1] - (1 if ranks[1] == 2 else 2)]
    pair = [axes, axes] if isinstance(axes, int) else axes
    summed = [axis % rank for axis, rank in zip(pair, ranks)]
    if 0 in summed:
        raise ValueError("batch_dot cannot sum along the batch axis")
    letters = iter("bcdefghijklmnopqrstuvwxyz")
    left = ["a"] + [next(letters) for _ in x.shape[1:]]
    right = ["a"] + [next(letters) for _ in y.shape[1:]]
    right[summed[1]] = left[summed[0]]
    free = [letter for letter in left[1:] + right[1:] if letter != left[summed[0]]]
    if free:
        return ops.einsum(f"{''.join(left)},{''.join(right)}->a{''.join(free)}", x, y)
    return ops.sum(ops.multiply(x, y), axis=1, keepdims=True)


def _tensordot(ops: Any, a: Any, b: Any, axes: Any) -> Any:
    if isinstance(axes, int):
        return ops.tensordot(a, b, axes=axes)
    return ops.tensordot(a, b, axes=[sizes.flat(each) for each in axes])


def _cross(ops: Any, a: Any, b: Any) -> Any:
    """Written out, because on PyTorch Keras takes the first axis of length three for that of the vectors."""
    (a1, a2), (b1, b2) = ([ops.roll(vectors, -steps, axis=-1) for steps in (1, 2)] for vectors in (a, b))
    return ops.subtract(ops.multiply(a1, b2), ops.multiply(a2, b1))


_PAIR = tensor(2, 3), tensor(3, 4)
_BATCH_DOTS = (
    example(tensor(4), tensor(4), axes=1),
    example(tensor(2, 3), tensor(3, 4)),
    example(tensor(2, 3), tensor(4, 3), 2),
    example(tensor(2, 3), tensor(5, 2), axes=(1, 2)),
    example(tensor(2, 3), tensor(3), axes=(2, 1)),
    example(tensor(3), tensor(4, 3), [1, 2]),
    example(tensor(5, 2, 3), tensor(3, 4), axes=[3, 1]),
    example(tensor(2, 3), tensor(5, 3, 4), axes=[-1, -2]),
)

SOURCES = defined_in("ops/gen_math_ops ops/math_ops ops/special_math_ops", keras="backend")
OPERATORS = (
    named(
        "linalg.matmul matmul",
        "a b",
        renamed(_matmul, "a b transpose_a transpose_b adjoint_a adjoint_b -a_is_sparse -b_is_sparse output_type"),
        example(*_PAIR),
        example(tensor(3, 2), tensor(4, 3), transpose_a=True, transpose_b=True),
        example(tensor(2, 3), tensor(2, 3), adjoint_b=True),
        example(tensor(2), [[1, 2, 3], [4, 5, 6]]),
    ),
    named(
        "linalg.matvec",
        "a b",
        renamed(_matvec, "a b transpose_a adjoint_a -a_is_sparse -b_is_sparse"),
        example(tensor(2, 3), tensor(3)),
        example(tensor(2, 3), tensor(2), transpose_a=True),
    ),
    named("einsum linalg.einsum", "inputs", _einsum),
    named(
        "tensordot linalg.tensordot",
        "a b",
        _tensordot,
        example(tensor(2, 3), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], 1),
        example(tensor(2, 3), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], axes=[[1, 2], [1, 0]]),
        example(tensor(2, 3), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], axes=[-1, 0]),
        dtypes="float32",
    ),
    named(
        "linalg.cross compat.v1.cross",
        "a b",
        _cross,
        example(tensor(3), tensor(3)),
        example(tensor(2, 3), tensor(2, 3)),
    ),
    named(
        "keras.backend.dot",
        "x y",
        _dot,
        example(tensor(2, 3), tensor(3, 4)),
        example(tensor(3), tensor(3, 4)),
        dtypes="float32",
    ),
    named("keras.backend.batch_dot", "x y", _batch_dot, *_BATCH_DOTS),
)
