"""Whole numbers that are known only when a model runs, such as `tf.shape(x)[0]`, and arithmetic on them.

A shape is a NumPy array of objects: integers where the size of an axis is known, `Size` where it is not. So NumPy
slices, joins and multiplies shapes as TensorFlow does. No tensor of Keras 3 has a computed length. So a length is
built from ones along an axis: a sum joins two vectors of ones, a product nests one in the other.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from translation.operators import shape_probes
from translation.operators.negative_sizes import positively
from translation.operators.shape_probes import Probes
from translation.operators.symbolic import is_symbolic

Symbolic = Callable[[], Any]


@dataclass(frozen=True, eq=False)
class Size:
    """A number of elements that is known only when the model runs.

    `count` gives it as a symbolic scalar of int32, `ones` as a vector of so many ones of int32, `probes` its values in
    `shape_probes.py`. `exact` is whether equal probes mean equal numbers: they do not after a remainder or a minimum.
    A negative size has no `ones`; `minus` is the size of which it is the negative.
    """

    count: Symbolic
    ones: Symbolic
    probes: Callable[[], Probes]
    exact: bool = True
    minus: Any = None

    def __add__(self, other: Any) -> Any:
        return _combined(self, other, operator.add)

    def __radd__(self, other: Any) -> Any:
        return _combined(other, self, operator.add)

    def __sub__(self, other: Any) -> Any:
        return _combined(self, other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return _combined(other, self, operator.sub)

    def __mul__(self, other: Any) -> Any:
        return _combined(self, other, operator.mul)

    def __rmul__(self, other: Any) -> Any:
        return _combined(other, self, operator.mul)

    def __floordiv__(self, other: Any) -> Any:
        return _combined(self, other, operator.floordiv)

    def __rfloordiv__(self, other: Any) -> Any:
        return _combined(other, self, operator.floordiv)

    def __mod__(self, other: Any) -> Any:
        return _combined(self, other, operator.mod)

    def __rmod__(self, other: Any) -> Any:
        return _combined(other, self, operator.mod)

    def __neg__(self) -> Any:
        if self.minus is not None:
            return self.minus
        return Size(lambda: -self.count(), lambda: ones(0), lambda: tuple(-n for n in self.probes()), self.exact, self)


def _combined(a: Any, b: Any, function: Callable[[Any, Any], Any]) -> Any:
    """The result of arithmetic on two numbers, one a size; `NotImplemented` if one is not an integer."""
    if not (_is_whole(a) and _is_whole(b)):
        return NotImplemented
    a, b = (value if isinstance(value, Size) else int(value) for value in (a, b))
    if isinstance(b, int) and (function, b) in _NEUTRAL:
        return a
    if isinstance(a, int) and (function, a) == (operator.sub, 0):
        return -b
    positive = positively(function, a, b)
    if positive is not NotImplemented:
        return positive

    def probes() -> Probes:
        x, y = probed(a), probed(b)
        return tuple(function(p, q) if q or function in _SAFE else 0 for p, q in zip(x, y))

    rest = function is operator.floordiv and any(p % q if q else 1 for p, q in zip(probed(a), probed(b)))
    exact = is_exact(a) and is_exact(b) and function is not operator.mod and not rest
    return Size(lambda: function(as_scalar(a), as_scalar(b)), lambda: _LENGTHS[function](a, b), probes, exact)


def _is_whole(value: Any) -> bool:
    return isinstance(value, (Size, int, np.integer)) and not isinstance(value, bool)


_SAFE = frozenset({operator.add, operator.sub, operator.mul})
_NEUTRAL = frozenset({(operator.add, 0), (operator.sub, 0), (operator.mul, 1), (operator.floordiv, 1)})


def probed(value: Any) -> Probes:
    """The probed values of a size or a plain number."""
    return value.probes() if isinstance(value, Size) else (int(value),) * shape_probes.COUNT


def is_exact(value: Any) -> bool:
    """Whether a number with equal probes is the same number."""
    return value.exact if isinstance(value, Size) else True


def _added(a: Any, b: Any) -> Any:
    from keras import ops

    return ops.concatenate([ones(a), ones(b)])


def _subtracted(a: Any, b: Any) -> Any:
    if not isinstance(b, Size):
        return ones(a)[(slice(b, None),)] if b > 0 else _added(a, -b)
    from keras import ops

    return where(ops.greater_equal(range_of(a), b.count()))


def _multiplied(a: Any, b: Any) -> Any:
    from keras import ops

    return ops.reshape(ops.expand_dims(ones(a), 1) * ops.expand_dims(ones(b), 0), (-1,))


def _divided(a: Any, b: Any) -> Any:
    if not isinstance(b, Size):
        return ones(a)[(slice(b - 1, None, b),)]
    from keras import ops

    return where(ops.equal(ops.mod(range_of(a) + 1, b.count()), 0))


def _rest(a: Any, b: Any) -> Any:
    from keras import ops

    return where(ops.less(range_of(b), ops.mod(as_scalar(a), as_scalar(b))))


_LENGTHS: dict[Any, Callable[[Any, Any], Any]] = {
    operator.add: _added,
    operator.sub: _subtracted,
    operator.mul: _multiplied,
    operator.floordiv: _divided,
    operator.mod: _rest,
}


def where(condition: Any) -> Any:
    """A vector of ones, as many as the condition is true."""
    from keras import ops

    return ops.ones_like(ops.nonzero(condition)[0], dtype="int32")


def as_scalar(value: Any) -> Any:
    """A size as a symbolic scalar, any other number as it is."""
    return value.count() if isinstance(value, Size) else value


def ones(size: Any) -> Any:
    """A vector of ones of int32 of the length of a size."""
    return size.ones() if isinstance(size, Size) else np.ones(int(size), "int32")


def range_of(size: Any) -> Any:
    """The whole numbers from 0 up to a size, as int32."""
    from keras import ops

    return ops.cumsum(size.ones()) - 1 if isinstance(size, Size) else np.arange(int(size), dtype="int32")


def resolved(value: Any) -> Any:
    """The number that a size is whatever the inputs are, if it is one; any other size as it is."""
    if not isinstance(value, Size):
        return int(value)
    probes = value.probes()
    return probes[0] if value.exact and len(set(probes)) == 1 else value


def same(a: Any, b: Any) -> bool:
    """Whether two numbers are equal whatever the inputs are."""
    return is_exact(a) and is_exact(b) and probed(a) == probed(b)


def is_dynamic(value: Any) -> bool:
    """Whether a structure holds a size that is known only when the model runs."""
    if isinstance(value, np.ndarray):
        return value.dtype == object and any(isinstance(item, Size) for item in value.flat)
    if isinstance(value, (list, tuple)):
        return any(is_dynamic(item) for item in value)
    return isinstance(value, Size)


def is_rest(size: Any) -> bool:
    """Whether a size is -1, which stands for whatever the others leave."""
    return isinstance(size, int) and size == -1


def as_tensor(value: Any) -> Any:
    """Sizes as a symbolic tensor of int32: a scalar, or an array with one for each place."""
    from keras import ops

    if isinstance(value, Size):
        return value.count()
    array = np.asarray(value, object)
    parts = [ops.reshape(ops.cast(as_scalar(item), "int32"), (1,)) for item in array.flat]
    return ops.reshape(ops.concatenate(parts), array.shape)


def flat(shape: Any) -> list[Any]:
    """A shape, which may be a single number or an array, as a list of integers and sizes.

    Raises ValueError if it contains a tensor: no shape in Keras 3 is computed from values.
    """
    sizes = list(np.asarray(shape, object).reshape(-1)) if not is_symbolic(shape) else [shape]
    if any(is_symbolic(size) for size in sizes):
        raise ValueError("the shape depends on the values of a tensor")
    return [size if isinstance(size, Size) else int(size) for size in sizes]


def target(shape: Any) -> list[int]:
    """The target of a reshape, with at most one unknown size, as -1.

    Raises ValueError if more are unknown.
    """
    sizes = [-1 if isinstance(size, Size) else size for size in flat(shape)]
    if sizes.count(-1) > 1:
        raise ValueError(f"more than one size of the shape {sizes} is known only when the model runs")
    return sizes
