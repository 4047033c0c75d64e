"""What an operator is made of: its names in TensorFlow, and the function that says it with `keras.ops`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Shape:
    """A tensor of an example: its shape without the batch axis, and its dtype where the example insists on one.

    Where a function is not defined for every number, `domain` says what the values are brought to before: "unit"
    (between -1 and 1), "share" (between 0 and 1), "label" (0 to 3), "positive", or "definite" (symmetric matrices with
    positive eigenvalues).
    """

    sizes: tuple[int, ...]
    dtype: str | None = None
    domain: str | None = None


@dataclass(frozen=True)
class Batch:
    """The size of a batch, which is known when a model runs."""


def tensor(*sizes: int, dtype: str | None = None, domain: str | None = None) -> Shape:
    """A tensor argument of an example."""
    return Shape(sizes, dtype, domain)


# In an example: the size of the batch, as `tf.shape(x)[0]` of the last tensor before it.
BATCH = Batch()


@dataclass(frozen=True)
class Example:
    """A call of the TensorFlow function: positional and named arguments, in which `Shape` stands for a tensor."""

    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    def named(self, order: Sequence[str]) -> list[tuple[str, Any]]:
        """The arguments by name, given the names of the positional ones in order."""
        return [*zip(order, self.arguments), *self.options.items()]


def example(*arguments: Any, **options: Any) -> Example:
    """A call with these arguments; what it gives is compared between Keras 2 and Keras 3."""
    return Example(arguments, options)


def _holds_shapes(value: Any) -> bool:
    """Whether this is a list with tensors in it."""
    return isinstance(value, (list, tuple)) and any(isinstance(item, Shape) or _holds_shapes(item) for item in value)


@dataclass(frozen=True)
class Operator:
    """A function of TensorFlow as Keras 3 says it.

    `names` are its public names, without the leading `tf.`. `build` takes `keras.ops` and then the arguments of the
    TensorFlow function under TensorFlow's own names and with its defaults; it returns symbolic tensors. Those named
    in `tensors` arrive as tensors of one dtype, or as plain scalars; all others as they stand in the file. The
    examples are compared in float32 and in each of `dtypes`. One that `draws` at random takes a `Source` of noise in
    the place of `keras.ops`.
    """

    names: tuple[str, ...]
    tensors: frozenset[str]
    build: Callable[..., Any] = field(repr=False)
    examples: tuple[Example, ...] = ()
    dtypes: tuple[str, ...] = ("float32", "int32")
    draws: bool = False

    @functools.cached_property
    def lists(self) -> frozenset[str]:
        """The arguments that are lists of tensors in an example; every other list is one tensor to TensorFlow."""
        order = list(inspect.signature(self.build).parameters)[1:]
        given = ((name, value) for each in self.examples for name, value in each.named(order))
        return frozenset(name for name, value in given if _holds_shapes(value))


def named(names: str, tensors: str, build: Callable[..., Any], *examples: Example, dtypes: str = "") -> Operator:
    """An operator; names, tensors and dtypes are separated by spaces."""
    made = Operator(tuple(names.split()), frozenset(tensors.split()), build, examples)
    return replace(made, dtypes=tuple(dtypes.split())) if dtypes else made
