"""Arguments at their defaults that older minors of Keras 3 do not have: left out, so that those open the file.

Keras writes every argument of a layer, also the newest ones at their defaults, and refuses a file with an argument it
does not know. What is at its default need not be written: the same Keras reads the same model without it. The table
compares the constructors of Keras 3.5.0, which is the oldest that runs on TensorFlow 2.18, to 3.15.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from translation.config_tree import edited
from translation.layer_names import numbered, snake_case

_FANS = {"input_axes": None, "output_axes": None}
_SCALING = ("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "VarianceScaling")

# {"since": {class: {key: default}}}: the first version whose constructor takes the key.
NEWER: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "3.6": {
        "keras.layers.RandomBrightness": {"data_format": "channels_last"},
        "keras.layers.RandomContrast": {"data_format": "channels_last"},
        "keras.layers.RandomFlip": {"data_format": "channels_last"},
    },
    "3.8": {"keras.layers.RandomContrast": {"value_range": [0, 255]}},
    "3.9": {"keras.layers.InputLayer": {"ragged": False}, "keras.layers.Resizing": {"antialias": False}},
    "3.13": {
        f"keras.layers.{name}": {"quantization_config": None} for name in ("Dense", "EinsumDense", "Embedding")
    },
    "3.14": {
        "keras.layers.BatchNormalization": {"renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99},
        "keras.layers.IntegerLookup": {"oov_method": "floormod", "salt": None},
        "keras.layers.MultiHeadAttention": {"use_gate": False},
        "keras.layers.StringLookup": {"oov_method": "floormod", "salt": None},
        "keras.metrics.SparseCategoricalCrossentropy": {"ignore_class": None},
    },
    "3.15": {
        "keras.layers.MultiHeadAttention": {"sliding_window": None},
        **{f"keras.initializers.{name}": _FANS for name in _SCALING},
    },
}  # fmt: skip

KNOWN = "3.15"
"""The newest Keras 3 that the table has been compared to."""

# What the importer builds with, of which Keras 3.5 has not all.
OPERATIONS: Mapping[str, str] = {
    "bitwise_and": "3.6",
    "bitwise_not": "3.6",
    "bitwise_right_shift": "3.6",
    "bitwise_xor": "3.6",
    "image.elastic_transform": "3.10",
    "nextafter": "3.14",
}

_OPERATIONS = "keras.src.ops."
_UNKNOWN = object()


def plain(config: Any) -> Any:
    """A config of Keras, or anything in it, without what is new and at its default."""
    return edited(config, _plain)


def _plain(entry: Mapping[str, Any], _: str) -> Mapping[str, Any]:
    config = entry.get("config")
    if "class_name" not in entry or not isinstance(config, Mapping):
        return entry
    if entry["class_name"] == "Functional" and "layers" in config:
        config = {**config, "layers": unnamed(config)}
    newer = {} if entry.get("registered_name") is not None else defaults(f"{entry.get('module')}.{entry['class_name']}")
    is_idle = {key for key, default in newer.items() if config.get(key, _UNKNOWN) == default}
    return {**entry, "config": {key: value for key, value in config.items() if key not in is_idle}}


def defaults(path: str, after: str = "3.5") -> Mapping[str, Any]:
    """What a class such as `keras.layers.Dense` has that is newer than a version, each at its default."""
    newer = [classes.get(path, {}) for since, classes in NEWER.items() if is_older(after, since)]
    return {key: default for keys in newer for key, default in keys.items()}


def is_older(version: str, other: str) -> bool:
    """By their first two numbers."""
    one, two = ([int(number) for number in text.split(".")[:2]] for text in (version, other))
    return one < two


def unnamed(config: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The entries of a functional model, whose operations have no names where none are needed.

    Until 3.10 no operation with an argument takes a name. The graph refers to the one in the entry; the operation's
    own is seen where it is one of several outputs, and counts where Keras would give what another is called.
    """
    entries: Sequence[Mapping[str, Any]] = config["layers"]
    outputs = [end[0] for end in _ends(config["output_layers"])]
    kept = outputs if len(outputs) > 1 else ()
    named = [entry["name"] for entry in entries if entry["name"] in kept or not _takes_no_name(entry)]
    stems = {numbered(str(name))[0] for name in named}
    return [
        entry if entry["name"] in named or snake_case(entry["class_name"]) in stems else _without_name(entry)
        for entry in entries
    ]


def _ends(value: Any) -> Iterator[Sequence[Any]]:
    """The outputs in any structure: each is [layer, node, tensor]."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        if len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
            yield value
        else:
            for item in value:
                yield from _ends(item)


def _takes_no_name(entry: Mapping[str, Any]) -> bool:
    return str(entry.get("module")).startswith(_OPERATIONS) and len(entry["config"]) > 1 and "name" in entry["config"]


def _without_name(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**entry, "config": {key: value for key, value in entry["config"].items() if key != "name"}}
