"""Masks that a config of Keras 3 has twice: Keras 2.15 finds them on its tensors, and Keras 3 also as operations.

When Keras 3 makes a graph, what computes a mask is a part of it, and layers that take a mask are given that by name.
Where it is the mask which the tensor has anyway, the argument is left out, and then the operations that nothing else
uses: the graph becomes the one that was written.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from translation.keras3_to_2.configs import TENSOR

Entry = Mapping[str, Any]
Ref = tuple[str, int, int]
# What a mask is made of: equal for masks that are made alike.
Made = Any

_OPERATIONS = "keras.src.ops."
# Layers that give the mask which they are given, or find on their first tensor.
PASSING = frozenset({
    "Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "Dense", "Dropout", "ELU",
    "GaussianDropout", "GaussianNoise", "GroupNormalization", "Identity", "LayerNormalization", "LeakyReLU",
    "Normalization", "PReLU", "ReLU", "Rescaling", "Softmax", "SpatialDropout1D", "SpatialDropout2D",
    "SpatialDropout3D", "TimeDistributed", "UnitNormalization",
})  # fmt: skip
_ATTENTION = frozenset({"MultiHeadAttention", "Attention", "AdditiveAttention"})
_MERGING = frozenset({"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"})
_SEQUENCES = frozenset({"RNN", "SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})


def without_implied(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The config of a functional model without masks that its tensors have anyway, and without what computes those."""
    found = _Masks(config["layers"])
    for entry in config["layers"]:  # in their order, in which few masks follow from many others
        for number in range(len(entry.get("inbound_nodes") or ())):
            found.of((str(entry.get("name")), number, 0))
    layers = [found.entry(entry) for entry in config["layers"]]
    return {**config, "layers": _used(layers, [config["output_layers"], config["input_layers"]])}


class _Masks:
    """The masks of the tensors of one model, as far as they follow from its config."""

    def __init__(self, layers: Sequence[Entry]) -> None:
        self._by_name = {str(entry.get("name")): entry for entry in layers}
        self._found: dict[Ref, Made] = {}

    def entry(self, entry: Entry) -> Entry:
        """The entry of a layer with calls in which no argument says what is implied."""
        if _is_operation(entry) or not entry.get("inbound_nodes"):
            return entry
        return {**entry, "inbound_nodes": [self._call(node) for node in entry["inbound_nodes"]]}

    def _call(self, node: Any) -> Any:
        if not isinstance(node, Mapping) or not node["kwargs"].get("mask") or not node["args"]:
            return node
        given, implied = _refs(node["kwargs"]["mask"]), _refs(node["args"][0])
        made = [self._made(ref) for ref in given]
        if not made or made != [self.of(ref) for ref in implied]:
            return node
        return {**node, "kwargs": {key: value for key, value in node["kwargs"].items() if key != "mask"}}

    def of(self, ref: Ref) -> Made:
        """The mask of a tensor; None if it has none."""
        if ref not in self._found:
            self._found[ref] = ("unknown", ref)  # until it is known, and in a graph that turns back on itself
            self._found[ref] = self._of(ref)
        return self._found[ref]

    def _of(self, ref: Ref) -> Made:
        entry = self._by_name.get(ref[0])
        if entry is not None and (_is_operation(entry) or not entry.get("inbound_nodes")):
            return None
        node = self._node(entry, ref)
        if entry is None or node is None or not _refs(node["args"][:1]):
            return ("unknown", ref)
        name, first = entry["class_name"], _refs(node["args"][0])
        if name in _MAKING:
            return _MAKING[name](("tensor", first[0]), entry["config"])
        if name in _MERGING:
            return self._merged(name, first, entry["config"])
        if (passing := _passes(name, entry["config"], ref[2])) is None:
            return ("unknown", ref)
        given = _refs(node["kwargs"].get("mask"))
        return None if not passing else self._made(given[0]) if given else self.of(first[0])

    def _merged(self, name: str, tensors: Sequence[Ref], config: Mapping[str, Any]) -> Made:
        """The mask of merged tensors, made as Keras 3 makes it."""
        masks = [self.of(ref) for ref in tensors]
        if any(mask is not None and mask[0] == "unknown" for mask in masks):
            return ("unknown", tuple(tensors))
        if name == "Concatenate":
            return _concatenated(tensors, masks, config["axis"])
        if None in masks:
            return None
        return functools.reduce(lambda one, other: _operation("LogicalOr", one, other), masks)

    def _node(self, entry: Entry | None, ref: Ref) -> Mapping[str, Any] | None:
        """The call that has made a tensor."""
        nodes = (entry or {}).get("inbound_nodes") or ()
        node = nodes[ref[1]] if ref[1] < len(nodes) else None
        return node if isinstance(node, Mapping) else None

    def _made(self, ref: Ref) -> Made:
        """What a tensor is made of, if an operation has made it."""
        entry = self._by_name.get(ref[0])
        node = self._node(entry, ref)
        if entry is None or node is None or not _is_operation(entry):
            return ("tensor", ref)
        args = [self._argument(value) for value in (*node["args"], *node["kwargs"].values())]
        if entry["class_name"] == "ConvertToTensor":
            return args[0]
        config = {key: value for key, value in entry["config"].items() if key != "name"}
        return _operation(entry["class_name"], *args, **config)

    def _argument(self, value: Any) -> Made:
        if isinstance(value, (list, tuple)):
            return tuple(self._argument(item) for item in value)
        return self._made(_refs(value)[0]) if _refs(value) else ("constant", _text(value))


def _operation(name: str, *args: Made, **config: Any) -> Made:
    """What an operation makes; arguments that say nothing are left out."""
    said = {key: _text(value) for key, value in config.items() if value is not None and value is not False}
    return (name, args, tuple(sorted(said.items())))


def _differs(tensor: Made, value: Any) -> Made:
    return _operation("NotEqual", tensor, ("constant", _text(value)))


def _of_embedding(tensor: Made, config: Mapping[str, Any]) -> Made:
    return _differs(tensor, 0) if config.get("mask_zero") else None


def _of_masking(tensor: Made, config: Mapping[str, Any]) -> Made:
    return _operation("Any", _differs(tensor, config["mask_value"]), axis=-1)


def _concatenated(tensors: Sequence[Ref], masks: Sequence[Made], axis: int) -> Made:
    if all(mask is None for mask in masks):
        return None
    wide = [
        _operation("OnesLike", ("tensor", ref), dtype="bool")
        if mask is None
        else _operation(
            "LogicalOr",
            _operation("ExpandDims", mask, axis=-1),
            _operation("ZerosLike", ("tensor", ref), dtype="bool"),
        )
        for ref, mask in zip(tensors, masks)
    ]
    return _operation("Any", _operation("Concatenate", tuple(wide), axis=axis), axis=-1)


def _passes(name: str, config: Mapping[str, Any], index: int) -> bool | None:
    """Whether a layer gives the mask of its first tensor with this one of its own; None if that is not known."""
    if name in _ATTENTION:
        return index == 0
    if name == "Bidirectional":
        ways = 1 if config.get("merge_mode") else 2
        return index < ways and bool(config["layer"]["config"].get("return_sequences"))
    if name in _SEQUENCES:
        return index == 0 and bool(config.get("return_sequences"))
    return True if name in PASSING else None


_MAKING = {"Embedding": _of_embedding, "Masking": _of_masking}


def _text(value: Any) -> str:
    """A constant as a text; whole numbers are equal whether they are floats or not."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, sort_keys=True, default=str)


def _used(layers: list[Entry], ends: Any) -> list[Entry]:
    """The layers without operations whose outputs nothing takes."""
    while True:
        taken = {ref[0] for entry in layers for ref in _refs(entry.get("inbound_nodes"))}
        taken |= set(_names(ends))
        left = [entry for entry in layers if not _is_operation(entry) or entry.get("name") in taken]
        if len(left) == len(layers):
            return left
        layers = left


def _names(value: Any) -> Iterator[str]:
    """The names of layers in `input_layers` or `output_layers`."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        if len(value) == 3 and isinstance(value[0], str):
            yield value[0]
        else:
            for item in value:
                yield from _names(item)


def _refs(value: Any) -> list[Ref]:
    """Every tensor in a structure, in order."""
    if isinstance(value, Mapping):
        if value.get("class_name") == TENSOR:
            layer, node, index = value["config"]["keras_history"]
            return [(layer, node, index)]
        return [ref for item in value.values() for ref in _refs(item)]
    if isinstance(value, (list, tuple)):
        return [ref for item in value for ref in _refs(item)]
    return []


def _is_operation(entry: Entry) -> bool:
    return str(entry.get("module") or "").startswith(_OPERATIONS)
