"""Read the calls of layers out of a config of Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras2_to_3.spec import Call, TensorRef
from translation.keras3_to_2.configs import TENSOR, plain

MODELS = frozenset({"Functional", "Model", "Sequential"})

# The arguments of calls by position, where they are more than one: those of Keras 3, and of Keras 2.15.
_RECURRENT = (("sequences", "inputs"), ("initial_state",) * 2, ("mask",) * 2, ("training",) * 2)
_POSITIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("RNN", "SimpleRNN", "LSTM", "GRU", "Bidirectional"), _RECURRENT),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _RECURRENT),
    "MultiHeadAttention": tuple(
        (name, name)
        for name in ("query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask",
                     "return_attention_scores", "training", "use_causal_mask")
    ),
    **dict.fromkeys(
        ("Attention", "AdditiveAttention"),
        tuple(
            (name, name)
            for name in ("inputs", "mask", "training", "return_attention_scores", "use_causal_mask")
        ),
    ),
    "Softmax": (("inputs", "inputs"), ("mask", "mask")),
    "Functional": (("inputs", "inputs"), ("training", "training"), ("mask", "mask")),
    "Sequential": (("inputs", "inputs"), ("training", "training"), ("mask", "mask")),
    "BatchNormalization": (("inputs", "inputs"), ("training", "training"), ("mask", "mask")),
    "TimeDistributed": (("inputs", "inputs"), ("training", "training"), ("mask", "mask")),
}  # fmt: skip
_FIRST = ("inputs", "sequences", "query", "x", "images", "data", "sequence")


def is_model(entry: Any) -> bool:
    """True for the config of a nested model, which holds layers of its own."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    return isinstance(config, Mapping) and entry.get("class_name") in MODELS and "layers" in config


def functional_calls(config: Mapping[str, Any]) -> Mapping[str, int]:
    """How often each functional model in a model is called, by its name."""
    inner = [entry for entry in config["layers"] if is_model(entry) and "input_layers" in entry["config"]]
    return {str(entry.get("name")): len(entry.get("inbound_nodes") or ()) for entry in inner}


class UnknownCallError(ValueError):
    """A call that Keras 2.15 cannot make."""


def calls_of(entry: Mapping[str, Any]) -> tuple[Call, ...]:
    """The calls of a layer. Raises `UnknownCallError` for arguments by position whose names are not known."""
    nodes = entry.get("inbound_nodes") or ()
    return tuple(_call(str(entry.get("class_name")), node) for node in nodes)


def operation_calls(entry: Mapping[str, Any]) -> tuple[Call, ...]:
    """The calls of an operation: all of its arguments by position in a list, the others by name."""
    return tuple(
        Call(_references(node["args"]), {key: _references(value) for key, value in node["kwargs"].items()})
        for node in entry.get("inbound_nodes") or ()
    )


def _call(class_name: str, node: Mapping[str, Any]) -> Call:
    kwargs = {key: _structure(value) for key, value in node["kwargs"].items()}
    args = [_structure(value) for value in node["args"]]
    names = _POSITIONS.get(class_name, (("inputs", "inputs"),))
    if len(args) > len(names) and any(value is not None for value in args[len(names) :]):
        raise UnknownCallError("it is called with more arguments by position than Keras 2.15 takes")
    given = {old: value for (_, old), value in zip(names, args)}
    renamed = dict(names)
    given.update({renamed.get(key, key): value for key, value in kwargs.items()})
    first = next((key for key in (names[0][1], *_FIRST) if key in given), None)
    if first is None:
        raise UnknownCallError("it is called without a tensor")
    inputs = given.pop(first)
    return Call(inputs, {key: value for key, value in given.items() if value is not None})


def ends(value: Any, calls: Mapping[str, int]) -> Any:
    """`input_layers` or `output_layers`: a structure of `TensorRef`.

    `calls` has the functional models in this one, and how often each is called: here, and not in calls, Keras 3 counts
    the one call with which such a model was made.
    """
    if _is_reference(value):
        layer, node, tensor = value
        return TensorRef(layer, (node - 1) % calls[layer] if calls.get(layer) else node, tensor)
    if isinstance(value, Mapping):
        return {key: ends(item, calls) for key, item in value.items()}
    return [ends(item, calls) for item in value]


def _is_reference(value: Any) -> bool:
    kinds = (str, int, int)
    return (
        isinstance(value, (list, tuple))
        and len(value) == 3
        and all(isinstance(item, kind) for item, kind in zip(value, kinds))
    )


def _structure(value: Any) -> Any:
    """An argument of a call with a `TensorRef` for each tensor, and plain constants."""
    return plain(_references(value))


def _references(value: Any) -> Any:
    """An argument of a call with a `TensorRef` for each tensor."""
    if isinstance(value, Mapping):
        if value.get("class_name") == TENSOR:
            return TensorRef(*value["config"]["keras_history"])
        return {key: _references(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_references(item) for item in value]
    return value
