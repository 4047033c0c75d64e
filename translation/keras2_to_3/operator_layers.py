"""Layers that call one TensorFlow function: which function, and with what arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from translation import operators
from translation.keras2_to_3.spec import Call
from translation.operators import node_defs
from translation.operators.raw import RAW


def read(entry: Mapping[str, Any], calls: Sequence[Call]) -> tuple[str, tuple[Call, ...], list[str]]:
    """The public name of the function, its calls as `operator_calls.call` takes them, and why they are refused."""
    config = entry["config"]
    if entry["class_name"] != "TensorFlowOpLayer":
        function = str(config["function"])
        return function, tuple(calls), operators.problems(function, calls)
    node = config["node_def"]
    try:
        arguments = [node_defs.arguments(node, _leaves(call.inputs), config.get("constants") or {}) for call in calls]
    except node_defs.UnknownError as error:
        return str(node.get("op")), tuple(calls), [str(error)]
    function = RAW[node["op"]].function
    named = tuple(operators.by_position(function, each) for each in arguments)
    return function, named, operators.problems(function, named)


def as_they_are(entry: Mapping[str, Any], calls: Sequence[Call]) -> tuple[Call, ...]:
    """The calls for a replacement function, each with a list of all arguments by position."""
    if entry["class_name"] != "TensorFlowOpLayer":
        return tuple(Call([call.inputs], {k: v for k, v in call.kwargs.items() if k != "name"}) for call in calls)
    constants = entry["config"].get("constants") or {}
    return tuple(Call(node_defs.with_constants(_leaves(call.inputs), constants), {}) for call in calls)


def _leaves(structure: Any) -> list[Any]:
    """The tensors a layer is called on, which Keras flattens."""
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in _leaves(item)]
    return [structure]
