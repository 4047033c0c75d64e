"""Faults in the config of a migrated model."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from proof.parts import Fault, Nothing, Parts

Random = np.random.Generator
Change = Callable[[Any], Any]
"""Another value than the one that is given, or the same where there is none."""

_ACTIVATIONS = {
    "relu": "elu", "tanh": "softsign", "sigmoid": "hard_sigmoid", "hard_sigmoid": "sigmoid", "softmax": "sigmoid",
    "linear": "relu", "elu": "selu", "selu": "elu", "gelu": "silu", "silu": "gelu", "softplus": "relu",
    "softsign": "tanh",
}  # fmt: skip
_MERGES = {
    "Add": "Average", "Average": "Maximum", "Maximum": "Minimum", "Minimum": "Add", "Multiply": "Add",
    "Subtract": "Add", "GlobalMaxPooling1D": "GlobalAveragePooling1D", "MaxPooling2D": "AveragePooling2D",
    "GlobalAveragePooling1D": "GlobalMaxPooling1D", "AveragePooling2D": "MaxPooling2D",
}  # fmt: skip


def _other(names: Mapping[Any, Any]) -> Change:
    return lambda value: names.get(value, value) if isinstance(value, (str, bool)) else value


def _times(factor: float) -> Change:
    return lambda value: value * factor if type(value) is float and value else value


def _one_more(value: Any) -> Any:
    if isinstance(value, list):
        return [_one_more(each) for each in value]
    return value + 1 if type(value) is int else value


def _axis(value: Any) -> Any:
    if isinstance(value, list):
        return [_axis(value[0]), *value[1:]] if value else value
    return {-1: 1, 1: -1, 2: 1, 3: 2, -2: -1}.get(value, value) if type(value) is int else value


CHANGES: Mapping[str, tuple[tuple[str, ...], Change]] = {
    "activation": (("activation", "recurrent_activation"), _other(_ACTIVATIONS)),
    "axis": (("axis", "axes", "attention_axes"), _axis),
    "strides": (("strides",), _one_more),
    "padding": (("padding",), _other({"same": "valid", "valid": "same", "causal": "same"})),
    "size of a window": (("pool_size", "size", "cropping", "dilation_rate"), _one_more),
    "epsilon": (("epsilon",), _times(10.0)),
    "direction": (("go_backwards",), _other({False: True, True: False})),
    "merge mode": (("merge_mode",), _other({"sum": "ave", "ave": "sum", "mul": "sum", "concat": "sum"})),
    "constant of a layer": (
        ("alpha", "negative_slope", "max_value", "threshold", "theta", "scale", "offset", "rate", "x_max", "value"),
        _times(1.1),
    ),
    "mask of an embedding": (("mask_zero",), _other({True: False})),
    "value of a mask": (("mask_value",), lambda value: value + 0.25 if type(value) is float else value),
    "interpolation": (("interpolation",), _other({"nearest": "bilinear", "bilinear": "nearest"})),
    "score": (("score_mode",), _other({"dot": "concat"})),
    "order of words": (("output_mode",), _other({"int": "count", "multi_hot": "count", "count": "multi_hot"})),
    "standardization": (
        ("standardize",),
        _other({"lower_and_strip_punctuation": "lower", "lower": "strip_punctuation"}),
    ),
    "words of text": (("split",), _other({"whitespace": "character", "character": "whitespace"})),
}


def _changed(keys: tuple[str, ...], change: Change) -> Fault:
    def apply(parts: Parts, random: Random) -> str:
        places = [
            (node, key)
            for node in parts.nodes()
            for key in keys
            if isinstance(node["config"], dict) and key in node["config"] and _is_other(node["config"][key], change)
        ]
        node, key = _one_of(places, random)
        before = node["config"][key]
        node["config"][key] = change(copy.deepcopy(before))
        return f"{_name(node)}.{key}: {before} to {node['config'][key]}"

    return apply


def _is_other(value: Any, change: Change) -> bool:
    return bool(change(copy.deepcopy(value)) != value)


def _one_of(places: list[Any], random: Random) -> Any:
    if not places:
        raise Nothing
    return places[random.integers(len(places))]


def _name(node: Mapping[str, Any]) -> str:
    return str(node["config"].get("name", node["class_name"]) if isinstance(node["config"], dict) else "")


def _hard_sigmoid(parts: Parts, random: Random) -> str:
    """That of Keras 3, whose slope is another, in the place of what was built for that of Keras 2."""
    places = [
        (node, key)
        for node in parts.nodes()
        for key, value in (node["config"].items() if isinstance(node["config"], dict) else ())
        if isinstance(value, dict) and isinstance(value.get("config"), dict)
        and str(value["config"].get("name", "")).startswith("hard_sigmoid")
    ]  # fmt: skip
    node, key = _one_of(places, random)
    node["config"][key] = "hard_sigmoid"
    return f"{_name(node)}.{key}"


def _class_changed(parts: Parts, random: Random) -> str:
    node = _one_of([node for node in parts.nodes() if node.get("module") == "keras.layers"
                    and node["class_name"] in _MERGES], random)  # fmt: skip
    before, node["class_name"] = node["class_name"], _MERGES[node["class_name"]]
    return f"{_name(node)}: {before} to {node['class_name']}"


def _constant(parts: Parts, random: Random) -> str:
    """A number that an operation is given."""
    places = [place for node in parts.nodes() for call in node.get("inbound_nodes", ()) for place in _numbers(call)]
    holder, key = _one_of(places, random)
    before = holder[key]
    holder[key] = before * 1.1 + 0.01 if isinstance(before, float) else before + 1
    return f"{before} to {holder[key]}"


def _numbers(value: Any) -> list[tuple[Any, Any]]:
    """The places of numbers among arguments, but not in what says where a tensor comes from."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return []
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    here = [(value, key) for key in keys if type(value[key]) in (int, float)]
    return here + [place for key in keys for place in _numbers(value[key])]


def _mask_dropped(parts: Parts, random: Random) -> str:
    """All masks that calls are given, and those that layers make by themselves."""
    calls = [call["kwargs"] for node in parts.nodes() for call in node.get("inbound_nodes", ()) if call.get("kwargs")]
    given = [call for call in calls if isinstance(call.get("mask"), (dict, list))]
    _one_of(given, random)
    for call in given:
        call["mask"] = None
    for node in parts.nodes():
        if isinstance(node["config"], dict) and node["config"].get("mask_zero"):
            node["config"]["mask_zero"] = False
    return f"{len(given)} masks of calls, and those of the layers that make one"


def _mask_of_call_dropped(parts: Parts, random: Random) -> str:
    places = [(node, call["kwargs"]) for node in parts.nodes() for call in node.get("inbound_nodes", ())
              if isinstance(call.get("kwargs", {}).get("mask"), (dict, list))]  # fmt: skip
    node, call = _one_of(places, random)
    call["mask"] = None
    return _name(node)


def _dtype_lowered(parts: Parts, random: Random) -> str:
    policies = [node for node in parts.nodes() if isinstance(node["config"], dict)
                and isinstance(node["config"].get("dtype"), dict)
                and node["config"]["dtype"].get("config", {}).get("name") == "float32"
                and node["class_name"] != "InputLayer"]  # fmt: skip
    node = _one_of(policies, random)
    node["config"]["dtype"]["config"]["name"] = "mixed_bfloat16"
    return _name(node)


def _permuted(key: str) -> Fault:
    def apply(parts: Parts, random: Random) -> str:
        places = [node["config"] for node in parts.nodes() if isinstance(node["config"], dict)
                  and isinstance(node["config"].get(key), list) and node["config"][key]
                  and isinstance(node["config"][key][0], list) and len(node["config"][key]) > 1]  # fmt: skip
        config = _one_of(places, random)
        rows = config[key]
        a, b = random.choice(len(rows), 2, replace=False)
        rows[a], rows[b] = rows[b], rows[a]
        return f"{config.get('name')}.{key}: {a} and {b}"

    return apply


def _arguments_swapped(parts: Parts, random: Random) -> str:
    """Two tensors of one call."""
    calls = [call["args"] for node in parts.nodes() for call in node.get("inbound_nodes", ()) if call.get("args")]
    lists = [args[0] if isinstance(args[0], list) else args for args in calls]
    tensors = _one_of([each for each in lists if len(each) > 1 and all(isinstance(one, dict) for one in each)], random)
    tensors[0], tensors[1] = tensors[1], tensors[0]
    return "two tensors of a call"


def word_changed(parts: Parts, random: Random) -> str:
    """A word of a vocabulary in the config."""
    lists = [node["config"]["vocabulary"] for node in parts.nodes() if isinstance(node["config"], dict)
             and isinstance(node["config"].get("vocabulary"), list) and node["config"]["vocabulary"]]  # fmt: skip
    words = _one_of(lists, random)
    place = int(random.integers(len(words)))
    before, words[place] = words[place], 71 if isinstance(words[place], int) else "otherwise"
    return f"{before}"


FAULTS: Mapping[str, Fault] = {
    **{name: _changed(keys, change) for name, (keys, change) in CHANGES.items()},
    "hard_sigmoid of Keras 3": _hard_sigmoid,
    "class of a layer": _class_changed,
    "constant of an operation": _constant,
    "mask dropped everywhere": _mask_dropped,
    "mask of a call dropped": _mask_of_call_dropped,
    "dtype lowered": _dtype_lowered,
    "outputs permuted": _permuted("output_layers"),
    "inputs permuted": _permuted("input_layers"),
    "arguments swapped": _arguments_swapped,
}
