"""Matrices: diagonals and bands, inverses, factorizations and linear systems."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.dtypes import like
from translation.operators.linalg.products import matrix_transpose
from translation.operators.operator import FLOATS, defined_in, example, named, renamed, same, tensor
from translation.operators.tensor_shapes import shape_of


def _size(x: Any, axis: int) -> int:
    if x.shape[axis] is None:
        raise ValueError(f"axis {axis} of the matrices must have a known length")
    return int(x.shape[axis])


def _one_diagonal(k: Any) -> int:
    if not isinstance(k, int):
        raise ValueError(f"several diagonals, k={k}, are not supported")
    return k


def _diag(ops: Any, diagonal: Any, k: Any = 0, num_rows: int = -1, num_cols: int = -1, padding_value: Any = 0) -> Any:
    if _one_diagonal(k) or {num_rows, num_cols} != {-1}:
        raise ValueError(f"diagonal {k} in {num_rows} rows and {num_cols} columns is not supported")
    mask = np.eye(_size(diagonal, -1), dtype=bool)
    return like(ops, ops.where(mask, ops.expand_dims(diagonal, -1), padding_value), diagonal)


def _diag_part(ops: Any, input: Any, k: Any = 0) -> Any:  # noqa: A002
    return ops.diagonal(input, offset=_one_diagonal(k), axis1=-2, axis2=-1)


def _set_diag(ops: Any, input: Any, diagonal: Any, k: Any = 0) -> Any:  # noqa: A002
    rows, columns = _size(input, -2), _size(input, -1)
    if _one_diagonal(k):
        raise ValueError(f"setting diagonal {k} is not supported")
    mask = np.eye(rows, columns, dtype=bool)
    return ops.where(mask, ops.expand_dims(diagonal, -1 if rows <= columns else -2), input)


def _band_part(ops: Any, input: Any, num_lower: int, num_upper: int) -> Any:  # noqa: A002
    """A negative number of diagonals means all of them."""
    shape = shape_of(input)[-2:]
    rows, columns = (sizes.range_of(length) for length in shape)
    below = (ops if sizes.is_dynamic(shape) else np).subtract(rows[:, None], columns)
    lowest, highest = (np.iinfo("int32").max if number < 0 else number for number in (num_lower, num_upper))
    return ops.where((below <= lowest) & (-below <= highest), input, ops.zeros_like(input))


def _trace(ops: Any, x: Any) -> Any:
    return like(ops, ops.trace(x, axis1=-2, axis2=-1), x)


def _inv(ops: Any, input: Any, adjoint: bool = False) -> Any:  # noqa: A002
    return ops.inv(matrix_transpose(ops, input, conjugate=True) if adjoint else input)


def _logdet(ops: Any, matrix: Any) -> Any:
    diagonal = ops.diagonal(ops.cholesky(matrix), axis1=-2, axis2=-1)
    return ops.multiply(2, ops.sum(ops.log(diagonal), axis=-1))


def _solve(ops: Any, matrix: Any, rhs: Any, adjoint: bool = False) -> Any:
    return ops.solve(matrix_transpose(ops, matrix, conjugate=True) if adjoint else matrix, rhs)


def _triangular_solve(ops: Any, matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False) -> Any:
    if adjoint:
        return ops.solve_triangular(matrix_transpose(ops, matrix, conjugate=True), rhs, lower=not lower)
    return ops.solve_triangular(matrix, rhs, lower=lower)


def _cholesky_solve(ops: Any, chol: Any, rhs: Any) -> Any:
    return _triangular_solve(ops, chol, _triangular_solve(ops, chol, rhs), adjoint=True)


def _qr(ops: Any, input: Any, full_matrices: bool = False) -> Any:  # noqa: A002
    return ops.qr(input, mode="complete" if full_matrices else "reduced")


def _svd(ops: Any, tensor: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """The last of the three results is transposed in Keras."""
    if not compute_uv:
        return ops.svd(tensor, full_matrices=full_matrices, compute_uv=False)
    left, values, right = ops.svd(tensor, full_matrices=full_matrices)
    return values, left, matrix_transpose(ops, right, conjugate=True)


def _eigvalsh(ops: Any, tensor: Any) -> Any:
    return ops.eigh(tensor)[0]


_MATRICES = example(tensor(3, 3)), example(tensor(2, 4, 4))
_OBLONG = example(tensor(2, 3)), example(tensor(4, 2))
_DEFINITE = tensor(3, 3, domain="definite")
_INVERTIBLE = example(_DEFINITE), example(tensor(2, 2, 2, domain="definite"))
_SYSTEMS = example(_DEFINITE, tensor(3, 2)), example(tensor(2, 2, 2, domain="definite"), tensor(2, 2, 1))
_ADJOINT = example(_DEFINITE, adjoint=True)

SOURCES = defined_in(
    "ops/array_ops ops/gen_array_ops ops/gen_linalg_ops ops/linalg/linalg_impl ops/linalg_ops ops/math_ops"
)
OPERATORS = (
    named(
        "linalg.diag compat.v1.matrix_diag",
        "diagonal",
        renamed(_diag, "diagonal k num_rows num_cols padding_value -align"),
        example(tensor(3)),
        example(tensor(2, 4), padding_value=7),
    ),
    named(
        "linalg.diag_part compat.v1.matrix_diag_part",
        "input",
        renamed(_diag_part, "input k -padding_value -align"),
        *_MATRICES,
        example(tensor(2, 3), k=1),
    ),
    named(
        "linalg.set_diag compat.v1.matrix_set_diag",
        "input diagonal",
        renamed(_set_diag, "input diagonal k -align"),
        example(tensor(3, 3), tensor(3)),
        example(tensor(2, 4), tensor(2)),
        example(tensor(4, 2), tensor(2)),
    ),
    named(
        "linalg.band_part compat.v1.matrix_band_part",
        "input",
        _band_part,
        example(tensor(4, 4), -1, 0),
        example(tensor(3, 5), num_lower=1, num_upper=1),
        example(tensor(4, 4), 0, -1),
    ),
    named("linalg.trace compat.v1.trace", "x", _trace, *_MATRICES),
    named(
        "linalg.matrix_transpose compat.v1.matrix_transpose", "a", renamed(matrix_transpose, "a=x conjugate"), *_OBLONG
    ),
    named("linalg.adjoint", "matrix", lambda ops, matrix: matrix_transpose(ops, matrix, conjugate=True), *_OBLONG),
    named("linalg.inv compat.v1.matrix_inverse", "input", _inv, *_INVERTIBLE, _ADJOINT, dtypes=FLOATS),
    same("linalg.det compat.v1.matrix_determinant", "input", "det", *_INVERTIBLE, dtypes=FLOATS),
    same("linalg.slogdet", "input", "slogdet", *_INVERTIBLE, dtypes=FLOATS),
    named("linalg.logdet", "matrix", _logdet, *_INVERTIBLE, dtypes=FLOATS),
    named("linalg.solve compat.v1.matrix_solve", "matrix rhs", _solve, *_SYSTEMS, dtypes=FLOATS),
    named(
        "linalg.triangular_solve compat.v1.matrix_triangular_solve",
        "matrix rhs",
        _triangular_solve,
        *_SYSTEMS,
        example(_DEFINITE, tensor(3, 2), lower=False),
        example(_DEFINITE, tensor(3, 2), adjoint=True),
        dtypes=FLOATS,
    ),
    same("linalg.cholesky compat.v1.cholesky", "input", "cholesky", *_INVERTIBLE, dtypes=FLOATS),
    named("linalg.cholesky_solve compat.v1.cholesky_solve", "chol rhs", _cholesky_solve, *_SYSTEMS, dtypes=FLOATS),
    named("linalg.qr compat.v1.qr", "input", _qr, *_OBLONG, example(tensor(4, 2), full_matrices=True), dtypes=FLOATS),
    named(
        "linalg.svd compat.v1.svd",
        "tensor",
        _svd,
        example(_DEFINITE),
        example(tensor(2, 3), compute_uv=False),
        dtypes=FLOATS,
    ),
    same("linalg.eigh compat.v1.self_adjoint_eig", "tensor", "eigh", *_INVERTIBLE, dtypes=FLOATS),
    named("linalg.eigvalsh compat.v1.self_adjoint_eigvals", "tensor", _eigvalsh, *_INVERTIBLE, dtypes=FLOATS),
)
