"""The arguments of a raw operator, read from the `NodeDef` of a `TensorFlowOpLayer`.

Such a layer holds the operator, its attributes and those inputs that are constants; its calls bring the others.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from translation.operators.raw import RAW, Raw

# Attributes that repeat what the inputs say, or do not change what is computed.
_IGNORED = frozenset(
    """
    T T1 T2 Tidx Tshape Tperm Tdim Tdims Tmultiples Tpaddings Tindices Tparams Taxis Tlen Tlen2 Tshift Tcond TI SrcT
    Index N index_type element_shape Tk incompatible_shape_error validate_indices Truncate message
""".split()
)


class UnknownError(ValueError):
    """A raw operator, or an attribute of one, that is not supported; the message names it."""


def arguments(node: Mapping[str, Any], inputs: Sequence[Any], constants: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the public function by name: inputs of the call, constants and attributes of the node.

    Raises UnknownError.
    """
    raw = _raw(node)
    values = _by_name(raw, with_constants(inputs, constants))
    for key, attribute in node.get("attr", {}).items():
        if key in raw.attributes:
            values[raw.attributes[key]] = _value(attribute)
        elif key not in _IGNORED and not key.startswith("_"):
            raise UnknownError(f"the attribute {key} of the raw operator {node['op']} is not supported")
    return values


def with_constants(inputs: Sequence[Any], constants: Mapping[str, Any]) -> list[Any]:
    """The inputs of a call and those that are constants, each at its place."""
    values = list(inputs)
    for place in sorted(constants, key=int):
        values.insert(int(place), _constant(constants[place]))
    return values


def _raw(node: Mapping[str, Any]) -> Raw:
    if (raw := RAW.get(str(node.get("op")))) is None:
        raise UnknownError(f"the raw operator {node.get('op')} has no counterpart yet")
    return raw


def _by_name(raw: Raw, values: Sequence[Any]) -> dict[str, Any]:
    """The inputs under the names of arguments."""
    starred = next((name for name in raw.inputs if name.startswith("*")), None)
    if starred is None:
        if len(values) != len(raw.inputs):
            raise UnknownError(f"the raw operator has {len(values)} inputs, and {raw.function} takes {len(raw.inputs)}")
        return dict(zip(raw.inputs, values))
    behind = len(raw.inputs) - 1
    several = list(values[: len(values) - behind])
    return {starred[1:]: several, **dict(zip(raw.inputs[1:], values[len(several) :]))}


def _constant(value: Any) -> Any:
    """A constant as Keras 2.15 writes it: plain numbers, or an array with its dtype."""
    if not isinstance(value, Mapping):
        return value
    config = value.get("config", {})
    if value.get("class_name") != "__numpy__":
        raise UnknownError(f"a constant of class {value.get('class_name')} is not supported")
    return np.asarray(config["value"], config["dtype"])


def _value(attribute: Mapping[str, Any]) -> Any:
    """The value of an attribute as the JSON of protobuf has it."""
    ((kind, value),) = attribute.items()
    if kind == "list":
        return [_value({inner: item}) for inner, items in value.items() for item in items]
    if kind not in _READERS:
        raise UnknownError(f"an attribute of type {kind} is not supported")
    return _READERS[kind](value)


_SHORT = {"float": "float32", "double": "float64", "half": "float16"}


def _dtype(name: str) -> str:
    """The name of a dtype: DT_HALF is float16."""
    dtype = name.removeprefix("DT_").lower()
    return _SHORT.get(dtype, dtype)


_READERS: Mapping[str, Any] = {
    "b": bool,
    "i": int,
    "f": float,
    "s": lambda text: base64.b64decode(text).decode("utf-8"),
    "type": _dtype,
}
