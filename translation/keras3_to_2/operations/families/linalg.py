"""Linear algebra of batches of matrices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from translation.keras3_to_2.operations.dtypes import cast, dtype_of, floating
from translation.keras3_to_2.operations.families.shapes import moved, swapped
from translation.keras3_to_2.operations.operation import Operation, found, listed, named, part, rank
from translation.operators.operator import example, tensor

_NUMBER = (int, float)


def norm(tf: Any, x: Any, *, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """The norm of vectors or matrices, with the names of Keras for its order."""
    x = floating(tf, x)
    axes = [each % rank(x) for each in (range(rank(x)) if axis is None else listed(axis))]
    if ord is None or (ord == 2 and len(axes) == 1) or ord == "fro":
        return tf.sqrt(tf.reduce_sum(tf.square(x), axis=axes, keepdims=keepdims))
    if len(axes) == 1:
        return _of_vectors(tf, x, ord, axes[0], keepdims)
    return _of_matrices(tf, x, ord, axes, keepdims)


def _of_vectors(tf: Any, x: Any, kind: Any, axis: int, keepdims: bool) -> Any:
    options = {"axis": axis, "keepdims": keepdims}
    if kind in (math.inf, -math.inf):
        return (tf.reduce_max if kind > 0 else tf.reduce_min)(tf.abs(x), **options)
    if kind == 0:
        return tf.reduce_sum(tf.cast(tf.not_equal(x, 0.0), dtype_of(x)), **options)
    return tf.pow(tf.reduce_sum(tf.pow(tf.abs(x), float(kind)), **options), 1.0 / kind)


def _of_matrices(tf: Any, x: Any, kind: Any, axes: list[int], keepdims: bool) -> Any:
    if kind in ("nuc", 2, -2):
        values = tf.linalg.svd(moved(tf, x, axes, [-2, -1]), compute_uv=False)
        reduce = {"nuc": tf.reduce_sum, 2: tf.reduce_max, -2: tf.reduce_min}[kind]
        number = reduce(values, axis=-1)
        for axis in sorted(axes) if keepdims else ():
            number = tf.expand_dims(number, axis)
        return number
    summed, rest = axes if kind in (1, -1) else reversed(axes)
    sums = tf.reduce_sum(tf.abs(x), axis=summed, keepdims=True)
    number = (tf.reduce_max if kind > 0 else tf.reduce_min)(sums, axis=rest, keepdims=True)
    return number if keepdims else tf.squeeze(number, axis=sorted(axes))


def _unknown_norm(arguments: Mapping[str, Any]) -> str | None:
    kind, axis = arguments["ord"], arguments["axis"]
    count = len(arguments["x"].shape) if axis is None else len(listed(axis))
    kinds = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf, None)
    if count == 2:
        return None if kind in kinds else f"matrices have no norm of order {kind!r}"
    if count == 1:
        return None if isinstance(kind, _NUMBER) or kind is None else f"vectors have no norm {kind!r}"
    return "Keras 3 computes norms along one or two axes alone"


def _cholesky(tf: Any, x: Any, *, upper: bool = False) -> Any:
    factor = tf.linalg.cholesky(x)
    return swapped(tf, factor, -1, -2) if upper else factor


def _cholesky_inverse(tf: Any, x: Any, *, upper: bool = False) -> Any:
    unit = tf.linalg.diag(tf.ones_like(part(x, ..., 0)))
    inverse = tf.linalg.triangular_solve(x, unit, lower=not upper)
    return tf.matmul(inverse, inverse, transpose_b=True) if upper else tf.matmul(inverse, inverse, transpose_a=True)


def _solve(tf: Any, a: Any, b: Any) -> Any:
    if rank(b) == rank(a) - 1:
        return tf.squeeze(tf.linalg.solve(a, tf.expand_dims(b, -1)), axis=[-1])
    return tf.linalg.solve(a, b)


def _solve_triangular(tf: Any, a: Any, b: Any, *, lower: bool = False) -> Any:
    if rank(b) == rank(a) - 1:
        return tf.squeeze(tf.linalg.triangular_solve(a, tf.expand_dims(b, -1), lower=lower), axis=[-1])
    return tf.linalg.triangular_solve(a, b, lower=lower)


def _qr(tf: Any, x: Any, *, mode: str = "reduced") -> Any:
    return tf.linalg.qr(x, full_matrices=mode == "complete")


def _svd(tf: Any, x: Any, *, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return tf.linalg.svd(x, full_matrices=full_matrices, compute_uv=False)
    values, left, right = tf.linalg.svd(x, full_matrices=full_matrices)
    return left, values, swapped(tf, right, -1, -2)


def _rank(tf: Any, x: Any, *, tol: float | None = None) -> Any:
    return tf.linalg.matrix_rank(x, tol=tol)


def _pseudo_inverse(tf: Any, x: Any, *, rcond: float | None = None) -> Any:
    return tf.linalg.pinv(x, rcond=rcond)


def _distances(tf: Any, x: Any, y: Any) -> Any:
    offset = tf.subtract(tf.expand_dims(x, -2), tf.expand_dims(y, -3))
    return tf.sqrt(tf.reduce_sum(tf.square(offset), axis=-1))


def _correlation(tf: Any, x: Any) -> Any:
    x = cast(tf, x, "float32") if "float" not in dtype_of(x) else x
    offset = tf.subtract(x, tf.reduce_mean(x, axis=-1, keepdims=True))
    count = tf.cast(tf.subtract(tf.shape(x)[-1], 1), dtype_of(x))
    covariance = tf.divide(tf.matmul(offset, offset, transpose_b=True), count)
    deviation = tf.sqrt(tf.linalg.diag_part(covariance))
    products = tf.multiply(tf.expand_dims(deviation, -1), tf.expand_dims(deviation, -2))
    return tf.clip_by_value(tf.divide(covariance, products), -1.0, 1.0)


def _of_matrix(name: str, function: str, domain: str | None = "definite") -> Operation:
    return named(name, lambda tf, x: found(tf, function)(x), example(tensor(3, 3, domain=domain)))


_GOOD = tensor(3, 3, domain="definite")
_NORMS = (
    example(tensor(4)),
    *(example(tensor(3, 4), ord=kind, axis=-1, keepdims=True) for kind in (None, 1, 2, 3, 0, math.inf, -math.inf)),
    *(example(tensor(3, 4), ord=kind, axis=[1, 2]) for kind in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)),
    example(tensor(3, 4), ord=1, axis=[2, 1], keepdims=True),
)
OPERATIONS = (
    named("Norm", norm, *_NORMS, refuse=_unknown_norm),
    named("Cholesky", _cholesky, example(_GOOD), example(_GOOD, upper=True)),
    named("CholeskyInverse", _cholesky_inverse, example(_GOOD)),
    _of_matrix("Det", "linalg.det"),
    _of_matrix("Inv", "linalg.inv"),
    _of_matrix("Eigh", "linalg.eigh"),
    named("Qr", _qr, example(tensor(4, 3)), example(tensor(4, 3), mode="complete")),
    named("Solve", _solve, example(_GOOD, tensor(3, 2)), example(_GOOD, tensor(3))),
    named("SolveTriangular", _solve_triangular, example(_GOOD, tensor(3, 2), lower=True), example(_GOOD, tensor(3))),
    named("SVD", _svd, example(tensor(4, 3), compute_uv=False)),
    named("MatrixRank", _rank, example(tensor(3, 3))),
    named("Pinv", _pseudo_inverse, example(tensor(3, 3))),
    named("CDist", _distances, example(tensor(3, 4), tensor(2, 4))),
    _of_matrix("Logdet", "linalg.logdet"),
    named("Corrcoef", _correlation, example(tensor(4))),
)
