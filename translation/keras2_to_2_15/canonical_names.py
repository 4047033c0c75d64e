"""An architecture of any Keras 2 as Keras 2.15 would write it again, as far as the rules can tell the difference."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from interchange.layer_path import LayerPath
from interchange.user_files.custom_objects import found, names_of
from translation.config_tree import edited

_RANKS = ("1D", "2D", "3D")
_POOLINGS = {"AvgPool": "AveragePooling", "MaxPool": "MaxPooling"}
_RECURRENT = ("GRU", "GRUCell", "LSTM", "LSTMCell")
_FANNED = "GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform".split()
_INITIALIZERS = (
    *_FANNED,
    *"Constant Identity Ones Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros".split(),
)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


# Classes that Keras 2.15 finds under more than one name; `tests/keras2/test_keras2_config.py` checks all of them.
NAMES: Mapping[str, str] = {
    **{f"Convolution{rank}": f"Conv{rank}" for rank in _RANKS},
    **{f"Convolution{rank}Transpose": f"Conv{rank}Transpose" for rank in _RANKS},
    **{f"SeparableConvolution{rank}": f"SeparableConv{rank}" for rank in _RANKS[:2]},
    **{f"{old}{rank}": f"{new}{rank}" for old, new in _POOLINGS.items() for rank in _RANKS},
    **{f"Global{old}{rank}": f"Global{new}{rank}" for old, new in _POOLINGS.items() for rank in _RANKS},
    **{f"{name}V{n}": name for name in ("BatchNormalization", *_RECURRENT) for n in (1, 2)},
    **{f"{name}V2": name for name in _INITIALIZERS},
    **{_snake(name): name for name in _INITIALIZERS},
    **{f"{_snake(name)}V2": name for name in _FANNED},
    "normal": "RandomNormal",
    "uniform": "RandomUniform",
    "one": "Ones",
    "zero": "Zeros",
    "l1": "L1",
    "l2": "L2",
    "l1_l2": "L1L2",
    "orthogonal_regularizer": "OrthogonalRegularizer",
    **{_snake(name): name for name in ("MaxNorm", "MinMaxNorm", "NonNeg", "RadialConstraint", "UnitNorm")},
    "maxnorm": "MaxNorm",
    "nonneg": "NonNeg",
    "unitnorm": "UnitNorm",
    "Custom>CustomScaleLayer": "CustomScaleLayer",
}

# What every layer of Keras 2.15 takes and does not write again.
UNWRITTEN = frozenset({"autocast", "batch_size", "input_shape", "weights"})


def with_canonical_names(architecture: Mapping[str, Any], own: Collection[str] = ()) -> Mapping[str, Any]:
    """The architecture with the names and keys that Keras 2.15 writes; classes in `own` stay as they are."""
    rewritten: Mapping[str, Any] = edited(architecture, lambda entry, path: _object(entry, path, own))
    return rewritten


def _object(entry: Mapping[str, Any], path: LayerPath, own: Collection[str]) -> Mapping[str, Any]:
    name, config = entry.get("class_name"), entry.get("config")
    if not isinstance(name, str) or (own and found(names_of(entry), own)):
        return entry
    if name == "Sequential" and isinstance(config, list):  # as in Keras 2.0: a bare list of layers
        config = {"name": "sequential", "layers": config}
    elif isinstance(config, Mapping):
        gone = {"dtype"} if path.key.endswith("initializer") else UNWRITTEN
        config = {key: item for key, item in config.items() if key not in gone}
    return {**entry, "class_name": NAMES.get(name, name), "config": config}
