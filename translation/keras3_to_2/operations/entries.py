"""Entries of a Keras 3 config that are operations: their arguments by name, and why they are not supported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from translation.keras3_to_2.operations import refused
from translation.keras3_to_2.operations.constants import decoded
from translation.keras3_to_2.operations.dtypes import SUPPORTED
from translation.keras3_to_2.operations.operation import Operation, Tensor, UnsupportedError

_MODULES = ("keras.src.ops.", "keras.ops", "keras.src.activations.", "keras.src.quantizers.")
_TENSOR = "__keras_tensor__"
WAY_OUT = (
    "Write this part of the model in Keras 3 with other operations or a layer, load its weights into that model, and "
    "save it again."
)


@dataclass(frozen=True)
class Refusal:
    """Why an entry is not supported, and which argument is at fault."""

    text: str
    key: Optional[str] = None
    value: Any = None
    unblock: str = WAY_OUT


def is_operation(entry: Mapping[str, Any]) -> bool:
    """Whether this entry is an operation, and not a layer."""
    return str(entry.get("module") or "").startswith(_MODULES)


def refusal_of(entry: Mapping[str, Any], operation: Operation | None) -> Refusal | None:
    """The first reason not to translate this entry."""
    name = str(entry["class_name"])
    if name in refused.REFUSED:
        return Refusal(*refused.REFUSED[name].told())
    if operation is None:
        return Refusal("no counterpart in TensorFlow functions is known for this operation")
    config = {key: decoded(value) for key, value in entry["config"].items() if key != "name"}
    for key in config:
        if key not in operation.keys:
            return Refusal("unsupported argument", key, config[key])
    found = (_refusal_of_call(operation, node, config) for node in entry.get("inbound_nodes", ()))
    return next((each for each in found if each is not None), None)


def _refusal_of_call(operation: Operation, node: Mapping[str, Any], config: Mapping[str, Any]) -> Refusal | None:
    args, kwargs = _with_tensors(node["args"]), _with_tensors(node["kwargs"])
    for tensor in tensors(args, kwargs):
        if tensor.dtype not in SUPPORTED:
            return Refusal(f"tensors of dtype {tensor.dtype} are not supported", "dtype", tensor.dtype)
    try:
        bound = operation.signature.bind(*args, **kwargs, **operation.heard(config))
    except TypeError as error:  # names the argument that is missing, or that the operation does not take
        return Refusal(str(error))
    bound.apply_defaults()
    try:
        text = operation.refuse({**config, **bound.arguments}) if operation.refuse else None
    except UnsupportedError as error:
        text = str(error)
    return Refusal(text) if text else None


def tensors(*values: Any) -> Iterator[Tensor]:
    """Every tensor in a structure."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, Mapping):
            yield from tensors(*value.values())
        elif isinstance(value, (list, tuple)):
            yield from tensors(*value)


def _with_tensors(value: Any) -> Any:
    """Arguments of a call with a `Tensor` for each tensor, and constants decoded."""
    if isinstance(value, Mapping) and value.get("class_name") == _TENSOR:
        return Tensor(tuple(value["config"]["shape"]), str(value["config"]["dtype"]))
    if isinstance(value, Mapping) and "class_name" not in value:
        return {key: _with_tensors(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_tensors(item) for item in value]
    return decoded(value)
