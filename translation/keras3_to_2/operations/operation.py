"""The record of an operation of Keras 3: its names, the function that builds it with TensorFlow, and examples."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from translation.operators.operator import Example

Build = Callable[..., Any]
Refuse = Callable[[Mapping[str, Any]], Optional[str]]
FLOATS = "float32 float16 float64"
NUMBERS = "float32 int32 float16"


class UnsupportedError(ValueError):
    """Arguments that TensorFlow functions in a model of Keras 2.15 cannot express; the message is the reason."""


@dataclass(frozen=True)
class Operation:
    """An operation of Keras 3 as calls of TensorFlow functions.

    `names` are its classes in `keras.src.ops`. `build` takes `tf` and the arguments of the operation's `call` by
    position, and those of its constructor, which the config holds, by keyword; it returns symbolic tensors. What is
    `ignored` in the config changes nothing in TensorFlow. `refuse` says why some arguments, by name and with a
    `Tensor` for each tensor, are not supported. The examples are compared in each of `dtypes`.
    """

    names: tuple[str, ...]
    build: Build = field(repr=False)
    examples: tuple[Example, ...] = ()
    dtypes: tuple[str, ...] = ("float32",)
    refuse: Refuse | None = field(default=None, repr=False)
    ignored: frozenset[str] = frozenset()

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The arguments of `build` without `tf`."""
        parameters = list(inspect.signature(self.build).parameters.values())[1:]
        return inspect.Signature(parameters)

    def heard(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """What counts in a config."""
        return {key: value for key, value in config.items() if key not in self.ignored}

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the operation's config."""
        kinds = self.signature.parameters.items()
        return frozenset(name for name, each in kinds if each.kind is each.KEYWORD_ONLY) | self.ignored


@dataclass(frozen=True)
class Tensor:
    """A tensor that an operation is called on: its sizes, None where they are known when the model runs, and dtype."""

    shape: tuple[Optional[int], ...]
    dtype: str


def named(
    names: str,
    build: Build,
    *examples: Example,
    dtypes: str = "float32",
    refuse: Refuse | None = None,
    ignored: str = "",
) -> Operation:
    """An operation; names, dtypes and ignored keys are separated by spaces."""
    words = frozenset(ignored.split())
    return Operation(tuple(names.split()), build, examples, tuple(dtypes.split()), refuse, words)


def found(tf: Any, name: str) -> Any:
    """The function of this name below `tf`, which may have dots."""
    return functools.reduce(getattr, name.split("."), tf)


def sizes(tf: Any, x: Any) -> list[Any]:
    """The sizes of a tensor's axes: numbers where they are known, else tensors."""
    static = list(x.shape)
    return [tf.shape(x)[index] if size is None else size for index, size in enumerate(static)]


def rank(x: Any) -> int:
    """The number of axes of a tensor."""
    return len(x.shape)


def listed(value: Any) -> list[Any]:
    """An argument that is one value or several."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def part(x: Any, *key: Any) -> Any:
    """`x[key]`, where slices stand for an ellipsis, which a `.keras` file of Keras 2.15 cannot hold."""
    if not any(each is ... for each in key):
        return x[key]
    place = next(index for index, each in enumerate(key) if each is ...)
    others = sum(each is not None for each in key) - 1
    return x[(*key[:place], *(slice(None),) * (rank(x) - others), *key[place + 1 :])]
