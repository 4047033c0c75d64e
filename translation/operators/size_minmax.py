"""Maximum and minimum of numbers that may be known only when a model runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.sizes import Size


def larger(a: Any, b: Any) -> Any:
    """Element by element of two shapes, or of two numbers."""
    return _each(a, b, max, "maximum", _all_of_both)


def smaller(a: Any, b: Any) -> Any:
    """Element by element of two shapes, or of two numbers."""
    return _each(a, b, min, "minimum", _what_both_have)


def _each(a: Any, b: Any, choose: Callable[[int, int], int], name: str, ones: Callable[[Any, Any], Any]) -> Any:
    def chosen(x: Any, y: Any) -> Any:
        x, y = sizes.resolved(x), sizes.resolved(y)
        if not sizes.is_dynamic([x, y]):
            return choose(x, y)

        def count() -> Any:
            from keras import ops

            return getattr(ops, name)(sizes.as_scalar(x), sizes.as_scalar(y))

        probes = tuple(choose(p, q) for p, q in zip(sizes.probed(x), sizes.probed(y)))
        return Size(count, lambda: ones(x, y), lambda: probes, exact=False)

    return np.frompyfunc(chosen, 2, 1)(a, b)


def _all_of_both(x: Any, y: Any) -> Any:
    """Ones for the larger of two sizes: those of `x`, which may be negative, and the rest of `y`."""
    from keras import ops

    rest = ops.greater_equal(sizes.range_of(y), sizes.as_scalar(x))
    return ops.concatenate([sizes.ones(x), sizes.where(rest)]) if _may_be_longer(y) else sizes.ones(x)


def _may_be_longer(y: Any) -> bool:
    return isinstance(y, Size) or y > 0


def _what_both_have(x: Any, y: Any) -> Any:
    from keras import ops

    if not isinstance(x, Size):
        x, y = y, x
    return sizes.where(ops.less(sizes.range_of(x), sizes.as_scalar(y)))
