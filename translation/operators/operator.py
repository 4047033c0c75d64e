"""The record of an operator: its names in TensorFlow, the function that builds it with `keras.ops`, and examples."""

from __future__ import annotations

import ast
import functools
import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import Parameter
from typing import Any


@dataclass(frozen=True)
class Shape:
    """A tensor of an example: its shape without the batch axis, and its dtype if it is the same in all dtypes.

    `domain` restricts the values to where the function is defined: "unit"
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


# In an example: the batch size, as `tf.shape(x)[0]` of the last tensor before it.
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
    """A call with these arguments, whose outputs are compared between Keras 2 and Keras 3."""
    return Example(arguments, options)


def _holds_shapes(value: Any) -> bool:
    """Whether this is a list with tensors in it."""
    return isinstance(value, (list, tuple)) and any(isinstance(item, Shape) or _holds_shapes(item) for item in value)


@dataclass(frozen=True)
class Operator:
    """A function of TensorFlow as operations of Keras 3.

    `names` are its public names, without the leading `tf.`. `build` takes `keras.ops` and then the arguments of the
    TensorFlow function under TensorFlow's own names and with its defaults; it returns symbolic tensors. Those named
    in `tensors` arrive as tensors of one dtype, or as plain scalars; all others as they stand in the file. The
    examples are compared in float32 and in each of `dtypes`. One that `draws` at random takes a `NoiseSource` in
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
        arguments = ((name, value) for each in self.examples for name, value in each.named(order))
        return frozenset(name for name, value in arguments if _holds_shapes(value))


Build = Callable[..., Any]
FLOATS = "float32 float64"


def defined_in(tensorflow: str = "", keras: str = "", others: str = "") -> tuple[str, ...]:
    """The modules below `tensorflow/python` and `keras/src` that define the functions of a family, and other files."""
    modules = [f"tensorflow/python/{each}.py" for each in tensorflow.split()]
    return (*modules, *(f"keras/src/{each}.py" for each in keras.split()), *others.split())


def named(names: str, tensors: str, build: Build, *examples: Example, dtypes: str = "") -> Operator:
    """An operator; names, tensors and dtypes are separated by spaces."""
    operator = Operator(tuple(names.split()), frozenset(tensors.split()), build, examples)
    return replace(operator, dtypes=tuple(dtypes.split())) if dtypes else operator


def same(names: str, arguments: str, operation: str, *examples: Example, dtypes: str = "") -> Operator:
    """An operator that is one operation of Keras 3, all of whose arguments are tensors."""
    return named(names, arguments, op(operation, arguments), *examples, dtypes=dtypes)


def op(operation: str, arguments: str) -> Build:
    """The `build` that calls one operation of `keras.ops` with `arguments`, as in `renamed`, in this order."""
    records = [_Argument.read(word) for word in arguments.split()]

    def call(ops: Any, values: Mapping[str, Any]) -> Any:
        return getattr(ops, operation)(*(values[each.name] for each in records if each.target is not None))

    return _with_signature(call, [each.parameter() for each in records])


def renamed(function: Build, arguments: str) -> Build:
    """The `build` that calls `function` under TensorFlow's names for its arguments, in TensorFlow's order.

    `x` is an argument that both call so, `input_tensor=x` one that TensorFlow calls otherwise, `-shift` one that
    changes nothing, and `axis:-1` one with another default. Where TensorFlow has several names for one argument, the
    first that is not None counts.
    """
    own = inspect.signature(function).parameters
    records = [_Argument.read(word) for word in arguments.split()]
    counts = Counter(each.target for each in records)
    defaults = [own[each.target].default if each.target and counts[each.target] == 1 else None for each in records]

    def call(ops: Any, values: Mapping[str, Any]) -> Any:
        chosen: dict[str, Any] = {}
        for each in records:
            if each.target is not None and chosen.get(each.target) is None:
                chosen[each.target] = values[each.name]
        return function(ops, **chosen)

    return _with_signature(call, [each.parameter(default) for each, default in zip(records, defaults)])


@dataclass(frozen=True)
class _Argument:
    """One argument of TensorFlow's function, and what it is called in ours; None if it is ignored."""

    name: str
    target: str | None
    default: Any

    @classmethod
    def read(cls, word: str) -> _Argument:
        names, _, default = word.partition(":")
        name, _, target = names.removeprefix("-").partition("=")
        value = ast.literal_eval(default) if default else Parameter.empty
        return cls(name, None if names.startswith("-") else target or name, value)

    def parameter(self, default: Any = Parameter.empty) -> Parameter:
        """With its own default, or this one."""
        value = default if self.default is Parameter.empty else self.default
        value = None if self.target is None and value is Parameter.empty else value
        return Parameter(self.name, Parameter.POSITIONAL_OR_KEYWORD, default=value)


def _with_signature(call: Callable[[Any, Mapping[str, Any]], Any], parameters: Sequence[Parameter]) -> Build:
    """A function with `ops` and these parameters, which gives `call` the values of all of them by name."""
    all_parameters = [Parameter("ops", Parameter.POSITIONAL_OR_KEYWORD)]
    for each in parameters:
        follows_default = all_parameters[-1].default is not Parameter.empty and each.default is Parameter.empty
        all_parameters.append(each.replace(default=None) if follows_default else each)
    signature = inspect.Signature(all_parameters)

    def build(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return call(bound.arguments["ops"], bound.arguments)

    build.__signature__ = signature  # type: ignore[attr-defined]
    return build
