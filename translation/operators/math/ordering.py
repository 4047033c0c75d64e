"""Sorting, the largest and smallest elements, and their indices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from translation.operators.dtypes import cast
from translation.operators.operator import Operator, defined_in, example, named, op, renamed, tensor


def _places(name: str) -> tuple[Operator, ...]:
    def place(ops: Any, input: Any, axis: Any = None, output_type: str = "int64") -> Any:  # noqa: A002
        """TensorFlow looks along the first axis if it is given none."""
        return ops.cast(getattr(ops, name)(input, axis=0 if axis is None else int(axis)), output_type)

    examples = example(tensor(5), axis=-1), example(tensor(2, 3), 1, output_type="int32"), example(tensor(3))
    old = example(tensor(5), dimension=1), example(tensor(2, 3), 2)
    older = renamed(place, "input axis dimension=axis output_type")
    of_backend = renamed(place, "x=input axis:-1")
    return (
        named(f"math.{name} {name}", "input", place, *examples),
        named(f"compat.v1.math.{name} compat.v1.{name}", "input", older, *old),
        named(f"compat.v1.{name[:3]}_{name[3:]}", "input", renamed(place, "input dimension=axis output_type"), *old),
        named(f"keras.backend.{name}", "x", of_backend, example(tensor(5)), example(tensor(2, 3), axis=1)),
    )


def _sort(ops: Any, values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    ordered = ops.sort(values, axis=axis)
    return ops.flip(ordered, axis=axis) if _falls(direction) else ordered


def _argsort(ops: Any, values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:  # noqa: ARG001
    """Equal elements keep their order in both directions, so descending is not the reverse of ascending."""
    if _falls(direction) and "uint" in str(values.dtype):
        raise ValueError(f"direction='DESCENDING' is not supported for {values.dtype}")
    return ops.cast(ops.argsort(ops.negative(values) if _falls(direction) else values, axis=axis), "int32")


def _falls(direction: str) -> bool:
    return direction.upper() == "DESCENDING"


class TopK(NamedTuple):
    """Values and indices, which programs read by these names."""

    values: Any
    indices: Any


def _top_k(ops: Any, input: Any, k: int = 1, sorted: bool = True, index_type: str = "int32") -> Any:  # noqa: A002
    values, places = ops.top_k(input, k, sorted=sorted)
    return TopK(values, ops.cast(places, index_type))  # under PyTorch they are int64


def _confusion_matrix(
    ops: Any, labels: Any, predictions: Any, num_classes: int | None = None, weights: Any = None, dtype: str = "int32"
) -> Any:
    if num_classes is None:
        raise ValueError("without num_classes the size of the output depends on the values of the labels")
    actual, predicted = (_hits(ops, each, num_classes, dtype) for each in (labels, predictions))
    if weights is not None:
        actual = ops.multiply(actual, ops.expand_dims(cast(ops, weights, dtype), -1))
    return cast(ops, ops.matmul(ops.transpose(actual), predicted), dtype)


def _hits(ops: Any, labels: Any, count: int, dtype: str) -> Any:
    """A one-hot row for each label."""
    return ops.cast(ops.equal(ops.expand_dims(labels, -1), np.arange(count, dtype=labels.dtype)), dtype)


_IN_TOP_K = op("in_top_k", "targets predictions k")
_OLD_IN_TOP_K = renamed(_IN_TOP_K, "predictions targets k")
_FLAT = tensor(dtype="int32")
_SORTED = (
    example(tensor(5)),
    example(tensor(4, 3), axis=1),
    example(tensor(5), direction="DESCENDING"),
    example(tensor(4, 3), 1, "DESCENDING"),
)
_RANKED = example(tensor(12), _FLAT, 3), example(tensor(20), _FLAT, k=1)

SOURCES = defined_in("ops/confusion_matrix ops/gen_math_ops ops/math_ops ops/nn_ops ops/sort_ops", keras="backend")
OPERATORS = (
    *_places("argmax"),
    *_places("argmin"),
    named("sort", "values", _sort, *_SORTED),
    named("argsort", "values", _argsort, *_SORTED),
    named(
        "math.top_k nn.top_k",
        "input",
        _top_k,
        example(tensor(5), 2),
        example(tensor(2, 4)),
        example(tensor(4), k=4, sorted=True),
    ),
    named(
        "math.in_top_k nn.in_top_k",
        "",
        _IN_TOP_K,
        example(_FLAT, tensor(12), 3),
        example(_FLAT, tensor(20), k=1),
        dtypes="float32",
    ),
    named("compat.v1.math.in_top_k compat.v1.nn.in_top_k", "", _OLD_IN_TOP_K, *_RANKED, dtypes="float32"),
    named("keras.backend.in_top_k", "", _OLD_IN_TOP_K, *_RANKED, dtypes="float32"),
    named(
        "math.confusion_matrix",
        "labels predictions",
        _confusion_matrix,
        example(_FLAT, _FLAT, 10),
        example(_FLAT, _FLAT, num_classes=11, dtype="float32", weights=tensor(dtype="float32")),
        dtypes="int32",
    ),
)
