"""Keras 2 on Theano: the same layers, but `same` pads the other side, and kernels are stored rotated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interchange.errors import Problem, refused
from interchange.layer_path import LayerPath
from translation.config_tree import Entry, edited
from translation.keras1_to_2 import theano
from translation.keras1_to_2.weight_arrays import turned
from translation.keras2_to_runnable import Normalised, Tell

_WIDE = ("kernel_size", "pool_size")
_PADDED = "padded by a separate layer, because Theano pads at another place"
_REFUSED = "Theano pads it differently from TensorFlow"
_INSTEAD = "Rebuild the model with padding='valid' and ZeroPadding layers, and copy the weights."

# The variables that convolve, by class; Keras itself turned those of depthwise convolutions before Theano did.
_KERNELS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose"), ("kernel",)),
    "ConvLSTMCell": ("kernel", "recurrent_kernel"),
}


def with_tensorflow_padding(architecture: Entry, tell: Tell) -> Entry:
    """An architecture of Keras 2 that was trained on Theano, with `same` as TensorFlow can pad it.

    Raises `Failure(REFUSED)` with every layer of which that cannot be expressed.
    """
    padding = _Padding(tell)
    made: Entry = edited(architecture, padding.edit)
    if problems := padding.problems:
        raise refused(problems, f"Keras 2 on TensorFlow cannot do what it did on Theano: {problems[0]}")
    return made


@dataclass
class _Padding:
    """Takes the layers of an architecture as they come, and keeps those of which it cannot be expressed."""

    tell: Tell
    problems: list[Problem] = field(default_factory=list)

    def edit(self, entry: Entry, path: LayerPath) -> Entry:
        """A layer that pads differently becomes two; anything else stays as it is."""
        if "class_name" not in entry or not _is_padded(entry.get("config")):
            return entry
        name, config = entry["class_name"], entry["config"]
        if (theano.pools_alike if "pool_size" in config else theano.pads_alike)(config):
            return entry
        first = name == "Conv1D" and config.get("data_format") == "channels_first"
        if name not in theano.PADDED or first:
            self.problems.append(Problem(path, name, _REFUSED, "padding", "same", _INSTEAD))
            return entry
        self.tell(Normalised(path, name, _PADDED))
        return {**entry, "class_name": "Sequential", "config": theano.padded(name, config)}


def _is_padded(config: Any) -> bool:
    return isinstance(config, Mapping) and config.get("padding") == "same" and any(key in config for key in _WIDE)


def kernels(model: Any) -> Mapping[int, int]:
    """The rank of every convolving kernel of a Keras 2.15 model, by the id of its variable."""
    found: dict[int, int] = {}
    for layer in model._flatten_layers():
        for name in _KERNELS.get(type(layer).__name__, ()):
            kernel = getattr(layer, name)
            found[id(kernel)] = len(kernel.shape) - 2
    return found


def in_tensorflow(values: Sequence[Any], variables: Sequence[Any], ranks: Mapping[int, int]) -> Sequence[Any]:
    """The values of variables that Theano trained, with kernels turned."""
    return [
        turned(value, ranks[id(variable)], theano=True) if id(variable) in ranks else value
        for value, variable in zip(values, variables)
    ]
