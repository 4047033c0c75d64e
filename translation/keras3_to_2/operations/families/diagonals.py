"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

from translation.keras3_to_2.operations.dtypes import cast, dtype_of
from translation.keras3_to_2.operations.families.shapes import moved
from translation.keras3_to_2.operations.operation import named, rank
from translation.operators.operator import example, tensor


def _diagonal_of(tf: Any, x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    x = moved(tf, x, [axis1, axis2], [-2, -1])
    return tf.linalg.diag_part(x, k=offset)


def _trace(tf: Any, x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    wide = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}
    x = cast(tf, x, wide.get(dtype_of(x), dtype_of(x)))
    return tf.reduce_sum(_diagonal_of(tf, x, offset=offset, axis1=axis1, axis2=axis2), axis=-1)


def _diagonal(tf: Any, x: Any, *, k: int = 0) -> Any:
    return tf.linalg.diag(x, k=k) if rank(x) == 1 else _diagonal_of(tf, x, offset=k)


def _flat_diagonal(tf: Any, x: Any, *, k: int = 0) -> Any:
    return tf.linalg.diag(tf.reshape(x, [-1]), k=k)


def _triangle(lower: bool) -> Any:
    """The part of matrices below or above a diagonal."""

    def build(tf: Any, x: Any, *, k: int = 0) -> Any:
        if (k >= 0) == lower or k == 0:
            return tf.linalg.band_part(x, -1, k) if lower else tf.linalg.band_part(x, -k, -1)
        rest = tf.linalg.band_part(x, -k - 1, -1) if lower else tf.linalg.band_part(x, -1, k - 1)
        inside = tf.linalg.band_part(tf.ones_like(x), *((-k - 1, -1) if lower else (-1, k - 1)))
        return tf.where(tf.cast(inside, "bool"), tf.zeros_like(rest), x)

    return build


_MATRIX = (
    example(tensor(3, 4)),
    example(tensor(3, 4), k=1),
    example(tensor(4, 3), k=-1),
    example(tensor(2, 3, 3), k=-2),
)
OPERATIONS = (
    named(
        "Diagonal",
        _diagonal_of,
        example(tensor(3, 3), axis1=1, axis2=2),
        example(tensor(3, 4), offset=1, axis1=-2, axis2=-1),
    ),
    named(
        "Trace",
        _trace,
        example(tensor(3, 3), axis1=1, axis2=2),
        example(tensor(3, 4), offset=1, axis1=1, axis2=2),
        dtypes="float32 int32",
    ),
    named("Diag", _diagonal, example(tensor()), example(tensor(), k=1), example(tensor(4), k=0)),
    named("Diagflat", _flat_diagonal, example(tensor(2)), example(tensor(2), k=-1)),
    named("Tril", _triangle(True), *_MATRIX, dtypes="float32 int32"),
    named("Triu", _triangle(False), *_MATRIX, example(tensor(3, 3), k=2), dtypes="float32 int32"),
)
