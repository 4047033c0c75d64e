"""TensorFlow functions that Keras 2 models call on symbolic tensors, said with `keras.ops`.

A module here holds the functions of one TensorFlow namespace and declares `OPERATORS`. It is found by walking this
folder; there is nothing to register.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Any

from importer.native.masks import strip
from importer.operators.operator import Operator
from importer.spec import Call

# Said in TensorFlow's graph alone; it never changes what is computed.
_UNHEARD = frozenset({"name"})


@functools.cache
def table() -> Mapping[str, Operator]:
    """Every operator by each of its public names in TensorFlow, without the leading `tf.`."""
    found: dict[str, Operator] = {}
    for module in pkgutil.iter_modules(__path__, __name__ + "."):
        for operator in getattr(importlib.import_module(module.name), "OPERATORS", ()):
            for name in operator.names:
                if name in found:
                    raise ValueError(f"two operators for {name}")
                found[name] = operator
    return found


def problems(name: str, calls: Sequence[Call]) -> list[str]:
    """Why these calls of the function `name` cannot be said; nothing if they can."""
    operator = table().get(name)
    if operator is None:
        return [f"tf.{name} has no counterpart yet"]
    return [f"tf.{name}: {text}" for call in calls if (text := _misfit(operator, call))]


def _misfit(operator: Operator, call: Call) -> str | None:
    try:
        _arguments(operator, call.inputs, call.kwargs)
    except TypeError as error:  # names the argument that is missing, or that the operator does not take
        return str(error)
    return None


def _arguments(operator: Operator, first: Any, others: Mapping[str, Any]) -> inspect.BoundArguments:
    """What an operator is called with, as Keras 2 stores it: the first argument, and all others by name."""
    heard = {key: value for key, value in others.items() if key not in _UNHEARD}
    return inspect.signature(functools.partial(operator.build, None)).bind(first, **heard)


def call(name: str, first: Any, others: Mapping[str, Any]) -> Any:
    """The symbolic result of calling the operator `name`; as in Keras 2, it takes no mask along."""
    from keras import ops

    bound = _arguments(table()[name], _unmasked(first), {key: _unmasked(value) for key, value in others.items()})
    return table()[name].build(ops, *bound.args, **bound.kwargs)


def _unmasked(value: Any) -> Any:
    """The structure with the masks taken off its tensors."""
    if isinstance(value, Mapping):
        return {key: _unmasked(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_unmasked(item) for item in value]
    return strip(value) if hasattr(value, "_keras_history") else value
