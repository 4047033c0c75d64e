"""Functions that bring many numbers down to few, and running totals."""

from __future__ import annotations

from typing import Any

import numpy as np

from interchange.tensors import Array
from tests.oracles.numpy_backend.tensors import Function, array, axes, size, table


def _reduce(function: Function) -> Function:
    """A reduction keeps the dtype; a mean of whole numbers is cut to one."""

    def call(x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Array:
        found = array(x)
        return np.asarray(function(found, axis=axes(axis), keepdims=bool(keepdims))).astype(found.dtype)

    return call


def _keras(function: Function) -> Function:
    """Keras counts truths as numbers first."""
    plain = _reduce(function)

    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        found = array(x)
        return plain(found.astype(np.float32) if found.dtype == bool else found, axis, keepdims)

    return call


def _logical(function: Function) -> Function:
    def call(x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Array:
        return np.asarray(function(array(x).astype(bool), axis=axes(axis), keepdims=bool(keepdims)))

    return call


def _log_sum_exp(x: Array, axis: Any, keepdims: bool) -> Array:
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, np.zeros_like(top))
    found = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return found if keepdims else np.squeeze(found, axis=axis)


def _norm(x: Any, axis: Any, keepdims: Any) -> Any:
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))


def _euclidean(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False, **_: Any) -> Any:  # noqa: A002
    if ord in (1, np.inf) and not isinstance(axis, (list, tuple)):
        function = _REDUCTIONS["sum" if ord == 1 else "max"]
        return _reduce(lambda x, **where: function(np.abs(x), **where))(tensor, axis, keepdims)
    if ord not in ("euclidean", 2) or (ord == 2 and isinstance(axis, (list, tuple))):
        raise ValueError(f"ord={ord}")
    return _reduce(_norm)(tensor, axis, keepdims)


def _place(function: Function, dtype: Any, usual: int) -> Function:
    """Where the largest or smallest number is."""

    def call(x: Any, axis: Any = None, output_type: str | None = None, **_: Any) -> Array:
        where = usual if axis is None else size(axis)
        return np.asarray(function(array(x), axis=where)).astype(output_type or dtype)

    return call


def _running(function: Function) -> Function:
    def call(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, **_: Any) -> Array:
        if exclusive:
            raise ValueError("exclusive=True")
        found, where = array(x), size(axis)
        turned = np.flip(found, where) if reverse else found
        total = function(turned, axis=where).astype(found.dtype)
        return np.flip(total, where) if reverse else total

    return call


_REDUCTIONS: dict[str, Function] = {
    "sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min, "std": np.std,
    "logsumexp": _log_sum_exp,
}  # fmt: skip
FUNCTIONS = {
    **table({f"math.reduce_{name} reduce_{name}": _reduce(function) for name, function in _REDUCTIONS.items()}),
    **table({f"keras.backend.{name}": _keras(function) for name, function in _REDUCTIONS.items()}),
    **table({
        "math.reduce_variance": _reduce(np.var),
        "keras.backend.var": _keras(np.var),
        "math.reduce_any reduce_any keras.backend.any": _logical(np.any),
        "math.reduce_all reduce_all keras.backend.all": _logical(np.all),
        "math.reduce_euclidean_norm": _reduce(_norm),
        "norm linalg.norm": _euclidean,
        "math.argmax argmax": _place(np.argmax, np.int64, 0),
        "math.argmin argmin": _place(np.argmin, np.int64, 0),
        "keras.backend.argmax": _place(np.argmax, np.int64, -1),
        "keras.backend.argmin": _place(np.argmin, np.int64, -1),
        "math.cumsum cumsum keras.backend.cumsum": _running(np.cumsum),
        "math.cumprod keras.backend.cumprod": _running(np.cumprod),
    }),
}  # fmt: skip
