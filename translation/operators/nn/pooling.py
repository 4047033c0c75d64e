"""Pooling in one, two and three dimensions."""

# ruff: noqa: A002, PLR0913, PLR0917  (the names and defaults of TensorFlow)

from __future__ import annotations

from typing import Any

from translation.operators.dtypes import like, policy
from translation.operators.image.blocks import channels_last
from translation.operators.operator import FLOATS, Build, defined_in, example, named, renamed, tensor


def backend_layout(data_format: str | None) -> str | None:
    """The data format of `keras.backend` in the form that TensorFlow's functions use."""
    return "NC" if data_format == "channels_first" else None


def spatial(value: Any, rank: int, data_format: str | None) -> tuple[int, ...]:
    """One number for each spatial axis, from a single one, or from numbers for batch and channels as well."""
    if value is None:
        return (1,) * rank
    numbers = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if len(numbers) == 1:
        return numbers * rank
    if len(numbers) == rank:
        return numbers
    inner = slice(2, None) if str(data_format).startswith("NC") else slice(1, -1)
    others = [number for place, number in enumerate(numbers) if place not in range(rank + 2)[inner]]
    if any(other != 1 for other in others):
        raise ValueError(f"{list(numbers)} also applies to the batch or channel axis, which is not supported")
    return numbers[inner]


def _pool(
    ops: Any, kind: str, input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None = None
) -> Any:
    if not isinstance(padding, str):
        raise ValueError("explicit padding of a pooling window is not supported")
    rank = len(input.shape) - 2
    sizes = spatial(ksize, rank, data_format), spatial(strides, rank, data_format)
    return channels_last(ops, input, data_format, lambda x: like(ops, _layer(kind, x, *sizes, padding.lower())(x), x))


def _layer(kind: str, x: Any, size: tuple[int, ...], strides: tuple[int, ...], padding: str) -> Any:
    """A pooling layer: the operation is saved with lists, which JAX does not accept when it is loaded."""
    from keras import layers

    name = {"max": "MaxPooling", "avg": "AveragePooling"}[kind.lower()]
    options = {"strides": strides, "padding": padding, "data_format": "channels_last", "dtype": policy(x)}
    return getattr(layers, f"{name}{len(size)}D")(size, **options)


def _pool_of(kind: str, first: str) -> Build:
    """Pooling of one kind; `first` is the name of the input, which TensorFlow 1 also accepts last."""

    def build(ops: Any, input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = None) -> Any:
        return _pool(ops, kind, input, ksize, strides, padding, data_format)

    return renamed(build, f"{first} ksize strides padding data_format{' input' if '=' in first else ''}")


def _general_pool(
    ops: Any,
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
) -> Any:
    if any(rate != 1 for rate in dilations or ()):
        raise ValueError("dilated pooling is not supported")
    return _pool(ops, pooling_type, input, window_shape, strides, padding, data_format)


def _backend_pool(
    ops: Any,
    x: Any,
    pool_size: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    return _pool(ops, pool_mode, x, tuple(pool_size), strides, padding, backend_layout(data_format))


_OLD_GENERAL_POOL = renamed(
    _general_pool, "input window_shape pooling_type padding dilation_rate=dilations strides data_format dilations"
)
_POOL_1D = (example(tensor(7, 2), 3, 2, "SAME"), example(tensor(6, 3), ksize=2, strides=1, padding="VALID"))
_POOL_2D = (
    example(tensor(5, 7, 2), [1, 3, 2, 1], [1, 2, 2, 1], "SAME"),
    example(tensor(6, 6, 1), 2, strides=[2, 1], padding="VALID"),
)
_POOL_3D = (
    example(tensor(5, 4, 3, 2), [1, 3, 2, 2, 1], [1, 2, 2, 1, 1], "SAME"),
    example(tensor(4, 4, 4, 1), 2, strides=2, padding="VALID"),
)
_OLD_2D = (
    example(tensor(5, 7, 2), [1, 3, 2, 1], [1, 2, 2, 1], "SAME"),
    example(tensor(6, 6, 1), ksize=2, strides=2, padding="VALID"),
)
_GENERAL = (
    example(tensor(5, 7, 2), [3, 2], "MAX", strides=[2, 2], padding="SAME"),
    example(tensor(6, 3), [2], "AVG", padding="VALID"),
    example(tensor(4, 4, 4, 1), [2, 2, 2], "AVG", padding="SAME"),
)

SOURCES = defined_in("ops/nn_ops", keras="backend")
OPERATORS = (
    *(
        named(f"nn.{kind}_pool{rank}", "input", _pool_of(kind, "input"), *examples, dtypes="float32")
        for kind in ("max", "avg")
        for rank, examples in {"1d": _POOL_1D, "2d": _POOL_2D, "3d": _POOL_3D, "": _POOL_2D + _POOL_3D}.items()
    ),
    *(
        named(names, "value input", _pool_of(kind, "value=input"), *_OLD_2D, dtypes=FLOATS)
        for kind, names in {
            "max": "compat.v1.nn.max_pool",
            "avg": "compat.v1.nn.avg_pool compat.v1.nn.avg_pool2d",
        }.items()
    ),
    named("nn.pool", "input", _general_pool, *_GENERAL, dtypes="float32"),
    named("compat.v1.nn.pool", "input", _OLD_GENERAL_POOL, *_GENERAL, dtypes="float32"),
    named("keras.backend.pool2d keras.backend.pool3d", "x", _backend_pool),
)
