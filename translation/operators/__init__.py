"""TensorFlow functions that Keras 2 models call on symbolic tensors, written with `keras.ops`.

A module holds the functions of one family and declares `OPERATORS`, and in `SOURCES` the files of TensorFlow 2.15 and
Keras 2.15 that define these functions: where rounding and edge cases are a question, they have the answer. The folders
have the names of TensorFlow's namespaces. A family is found by walking them; there is nothing to register.

Where no argument is a tensor, a function is given NumPy instead of `keras.ops`: so shapes and constants are computed
while the model is built.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from translation.keras2_to_3.spec import Call
from translation.operators import refusal_reasons
from translation.operators.operator import Operator

# Only names an operation in TensorFlow's graph; it never changes what is computed.
_IGNORED = frozenset({"name"})


def families() -> Iterator[ModuleType]:
    """The modules that declare operators."""
    for each in pkgutil.walk_packages(__path__, f"{__name__}."):
        module = importlib.import_module(each.name)
        if hasattr(module, "OPERATORS"):
            yield module


@functools.cache
def table() -> Mapping[str, Operator]:
    """Every operator by each of its public names in TensorFlow, without the leading `tf.`."""
    operators: dict[str, Operator] = {}
    for family in families():
        for operator in family.OPERATORS:
            for name in operator.names:
                if name in operators:
                    raise ValueError(f"two operators for {name}")
                operators[name] = operator
    return operators


def problems(name: str, calls: Sequence[Call]) -> list[str]:
    """Why these calls of the function `name` are not supported; empty if they are."""
    operator = table().get(name)
    if operator is None:
        return [f"tf.{name} {refusal_reasons.reason(name)}"]
    return [f"tf.{name}: {text}" for call in calls if (text := _misfit(operator, call))]


def _misfit(operator: Operator, call: Call) -> str | None:
    try:
        bound(operator, [call.inputs], call.kwargs)
    except TypeError as error:  # names the argument that is missing, or that the operator does not take
        return str(error)
    return None


def by_position(name: str, arguments: Mapping[str, Any]) -> Call:
    """A call with all arguments by name as Keras 2 stores one: the first of the function apart."""
    operator = table().get(name)
    order = list(inspect.signature(operator.build).parameters)[1:] if operator else []
    first = next(key for key in (*order, *arguments) if key in arguments)
    return Call(arguments[first], {key: value for key, value in arguments.items() if key != first})


def bound(operator: Operator, positional: Sequence[Any], named: Mapping[str, Any]) -> inspect.BoundArguments:
    """The arguments bound to the signature of an operator; variable arguments are a list in a file."""
    signature = inspect.signature(functools.partial(operator.build, None))
    heard = {key: value for key, value in named.items() if key not in _IGNORED}
    many = next((key for key, each in signature.parameters.items() if each.kind is each.VAR_POSITIONAL), "")
    return signature.bind(*positional, *heard.pop(many, ()), **heard)


def draws(name: str) -> bool:
    """Whether this function draws random numbers."""
    return name in table() and table()[name].draws
