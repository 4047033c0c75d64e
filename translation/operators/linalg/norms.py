"""Norms, moments and clipping."""

from __future__ import annotations

import math
from typing import Any

from translation.operators.math.reductions import axes_of
from translation.operators.operator import FLOATS, defined_in, example, named, renamed, tensor


def l2_normalize(ops: Any, x: Any, axis: Any = None, epsilon: float = 1e-12) -> Any:
    """`x` divided by its norm, of which the square is at least `epsilon`."""
    total = ops.sum(ops.square(x), axis=axes_of(axis), keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(total, epsilon)))


def _norm(ops: Any, tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None) -> Any:  # noqa: A002
    """A norm of vectors, or of matrices where two axes are given."""
    axes, keepdims = axes_of(axis), bool(keepdims)
    if isinstance(axes, tuple) and len(axes) == 2 and ord not in {"euclidean", "fro"}:
        return _matrix_norm(ops, tensor, ord, axes, keepdims)
    return _vector_norm(ops, tensor, ord, axes, keepdims)


def _vector_norm(ops: Any, x: Any, ord: Any, axes: Any, keepdims: bool) -> Any:  # noqa: A002
    if ord in {"euclidean", "fro", 2}:
        return ops.sqrt(ops.sum(ops.square(x), axis=axes, keepdims=keepdims))
    if ord == math.inf:
        return ops.max(ops.abs(x), axis=axes, keepdims=keepdims)
    if ord == 1:
        return ops.sum(ops.abs(x), axis=axes, keepdims=keepdims)
    return ops.power(ops.sum(ops.power(ops.abs(x), ord), axis=axes, keepdims=keepdims), 1.0 / ord)


def _matrix_norm(ops: Any, x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:  # noqa: A002
    """The largest sum along one of the two axes, or the largest singular value."""
    if ord == 2:
        values = ops.svd(ops.moveaxis(x, axes, (-2, -1)), compute_uv=False)
        largest = ops.max(values, axis=-1)
        return ops.expand_dims(largest, sorted(axis % len(x.shape) for axis in axes)) if keepdims else largest
    if ord not in {1, math.inf}:
        raise ValueError(f"ord={ord} of matrices is not supported")
    summed, left = (axis % len(x.shape) for axis in (axes if ord == 1 else reversed(axes)))
    sums = ops.sum(ops.abs(x), axis=summed, keepdims=True)
    largest = ops.max(sums, axis=left, keepdims=True)
    return largest if keepdims else ops.squeeze(largest, axis=axes)


def _normalize(ops: Any, tensor: Any, ord: Any = "euclidean", axis: Any = None) -> Any:  # noqa: A002
    norm = _norm(ops, tensor, ord, axis, keepdims=True)
    return ops.divide(tensor, norm), norm


def _clip(ops: Any, t: Any, clip_value_min: Any, clip_value_max: Any) -> Any:
    return ops.maximum(ops.minimum(t, clip_value_max), clip_value_min)


def _backend_clip(ops: Any, x: Any, min_value: Any, max_value: Any) -> Any:
    if isinstance(min_value, (int, float)) and isinstance(max_value, (int, float)):
        max_value = max(min_value, max_value)
    low, high = (-math.inf if min_value is None else min_value), (math.inf if max_value is None else max_value)
    return _clip(ops, x, low, high)


def _clip_by_norm(ops: Any, t: Any, clip_norm: Any, axes: Any = None) -> Any:
    total = ops.sum(ops.square(t), axis=axes_of(axes), keepdims=True)
    return ops.divide(ops.multiply(t, clip_norm), ops.maximum(ops.sqrt(total), clip_norm))


def _clip_by_average_norm(ops: Any, t: Any, clip_norm: Any) -> Any:
    inverse, count = ops.rsqrt(ops.sum(ops.square(t))), ops.sum(ops.ones_like(t))
    return ops.multiply(ops.multiply(t, clip_norm), ops.minimum(ops.multiply(inverse, count), 1.0 / clip_norm))


def _global_norm(ops: Any, t_list: Any) -> Any:
    squares = [ops.sum(ops.square(each)) for each in t_list]
    return ops.sqrt(ops.sum(ops.stack(squares)))


def _clip_by_global_norm(ops: Any, t_list: Any, clip_norm: Any, use_norm: Any = None) -> Any:
    norm = _global_norm(ops, t_list) if use_norm is None else use_norm
    scale = ops.multiply(clip_norm, ops.minimum(ops.divide(1.0, norm), 1.0 / clip_norm))
    return [ops.multiply(each, scale) for each in t_list], norm


def _moments(ops: Any, x: Any, axes: Any, keepdims: bool = False) -> Any:
    return ops.moments(x, axes_of(axes), keepdims=bool(keepdims))


def _l2_loss(ops: Any, t: Any) -> Any:
    return ops.divide(ops.sum(ops.square(t)), 2)


_L2_NORMALIZE = renamed(l2_normalize, "x axis epsilon dim=axis")
_OLD_NORM = renamed(_norm, "tensor ord axis keepdims keep_dims=keepdims")
_OLD_MOMENTS = renamed(_moments, "x axes -shift keep_dims=keepdims keepdims")
_ALONG = example(tensor(4), axis=-1), example(tensor(2, 3), axis=[1, 2]), example(tensor(3))
_NORMS = (
    *_ALONG,
    example(tensor(4), 1, 1),
    example(tensor(4, domain="positive"), 3, axis=1),
    example(tensor(2, 3), ord=1, axis=[1, 2]),
    example(tensor(2, 3), ord=1, axis=[-2, -1], keepdims=True),
    example(tensor(2, 3), "fro", [1, 2]),
    example(tensor(2, 3), 2, [1, 2], keepdims=True),
)
_MOMENTS = example(tensor(2, 3), [1, 2]), example(tensor(4), axes=[0], keepdims=True)

SOURCES = defined_in("ops/clip_ops ops/gen_nn_ops ops/linalg_ops ops/nn_impl", keras="backend")
OPERATORS = (
    named("math.l2_normalize linalg.l2_normalize nn.l2_normalize", "x", _L2_NORMALIZE, *_ALONG, dtypes=FLOATS),
    named("keras.backend.l2_normalize", "x", renamed(l2_normalize, "x axis"), *_ALONG, dtypes=FLOATS),
    named("norm linalg.norm", "tensor", _norm, *_NORMS, dtypes=FLOATS),
    named("compat.v1.norm compat.v1.linalg.norm", "tensor", _OLD_NORM, *_NORMS, dtypes=FLOATS),
    named(
        "linalg.normalize",
        "tensor",
        _normalize,
        example(tensor(4), axis=-1),
        example(tensor(2, 3), ord=1, axis=1),
        dtypes=FLOATS,
    ),
    named(
        "clip_by_value",
        "t clip_value_min clip_value_max",
        _clip,
        example(tensor(4), 0, 1),
        example(tensor(2, 3), clip_value_min=-1, clip_value_max=2),
    ),
    named(
        "keras.backend.clip",
        "x min_value max_value",
        _backend_clip,
        example(tensor(4), 0.0, 1.0),
        example(tensor(2, 3), None, 2.0),
        example(tensor(2, 3), 1.0, -1.0),
        dtypes=FLOATS,
    ),
    named("clip_by_norm", "t", _clip_by_norm, example(tensor(4), 1.0, 1), example(tensor(2, 3), 2.0), dtypes=FLOATS),
    named(
        "compat.v1.clip_by_average_norm",
        "t",
        _clip_by_average_norm,
        example(tensor(4), 1.0),
        example(tensor(2, 3), 2.0),
        dtypes="float32",
    ),
    named(
        "clip_by_global_norm",
        "t_list",
        _clip_by_global_norm,
        example([tensor(4), tensor(2)], 1.0),
        example([tensor(2, 3)], 2.0),
        dtypes="float32",
    ),
    named(
        "linalg.global_norm compat.v1.global_norm",
        "t_list",
        _global_norm,
        example([tensor(4), tensor(2)]),
        example([tensor(2, 3)]),
        dtypes=FLOATS,
    ),
    named("nn.moments", "x", renamed(_moments, "x axes -shift keepdims"), *_MOMENTS, dtypes=FLOATS),
    named("compat.v1.nn.moments", "x", _OLD_MOMENTS, *_MOMENTS, dtypes=FLOATS),
    named("nn.l2_loss", "t", _l2_loss, example(tensor(4)), example(tensor(2, 3)), dtypes=FLOATS),
)
