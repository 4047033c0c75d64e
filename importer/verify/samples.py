"""Inputs for a Keras 3 model without a Keras 2 reference, and its outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from importer.verify.inference import outputs
from importer.verify.recorded_calls import Answer, Call, Probe
from interchange.errors import Failure
from interchange.values import Value

_BATCH = 3
_SCALES = {"normal": 1.0, "wide": 100.0, "tiny": 1e-3}
_LENGTHS = (7, 32, 64, 224)  # tried in turn for axes of unknown length
_WORDS = [b"a", b"the", b"zebra", b""]


def calls(model: Any) -> list[Call]:
    """Calls of a model with its answers; raises `Failure(REFUSED)` where it takes no inputs like these."""
    *others, last = _LENGTHS
    found = next(filter(None, (_tried(model, length) for length in others)), None)
    return found or list(_calls(model, last))


def _tried(model: Any, length: int) -> list[Call] | None:
    """None if the inputs have to be longer, as for a deep convolution."""
    try:
        return list(_calls(model, length))
    except Failure:
        return None


def _calls(model: Any, length: int) -> Iterator[Call]:
    random = np.random.default_rng(3)
    for case, scale in _SCALES.items():
        inputs: list[Value] = [_values(tensor, length, scale, _ids(model), random) for tensor in model.inputs]
        answers = outputs(model, inputs)
        names = [tensor._keras_history.operation.name for tensor in model.outputs]
        yield [Probe(case, inputs, [Answer(*answer) for answer in zip(names, answers, strict=True)])]


def _ids(model: Any) -> int:
    """The size of the smallest vocabulary of an Embedding."""
    sizes = [layer.input_dim for layer in model._flatten_layers() if hasattr(layer, "input_dim")]
    return min([10, *sizes])


def _values(tensor: Any, length: int, scale: float, ids: int, random: np.random.Generator) -> np.ndarray:
    shape = [length if size is None else size for size in tensor.shape[1:]]
    shape = [tensor.shape[0] or _BATCH, *shape]
    if tensor.dtype == "string":
        return np.array(random.choice(_WORDS, shape), "S")
    if tensor.dtype == "bool":
        return random.random(shape) < 0.5
    if "int" in tensor.dtype or ids < 10:
        return random.integers(0, ids, shape).astype(tensor.dtype)
    return (scale * random.standard_normal(shape)).astype("float32").astype(tensor.dtype)
