"""Models prepared for quantization, reported as one row instead of one for each of their many layers."""

from __future__ import annotations

from collections.abc import Sequence

from interchange.errors import Problem
from interchange.user_files.custom_objects import bare
from keras2to3.scanner.unknown_classes import UnknownObject

_LAYERS = frozenset({"QuantizeLayer", "QuantizeWrapper", "QuantizeWrapperV2", "QuantizeAwareActivation"})
_TEXT = (
    "{count} layers are those of TensorFlow Model Optimization, which round numbers as a quantised model will: the "
    "model is quantisation-aware, and Keras 3 has no such layers"
)
_UNBLOCK = "Give the model that quantize_model was called on."


def merge_quantized_layers(problems: Sequence[Problem]) -> list[Problem]:
    """The problems, with one in place of all that concern layers of quantization and their inner layers."""
    first_problems = {problem.layer: problem for problem in problems if _is_quantised(problem)}
    if not first_problems:
        return [*problems]
    first = next(iter(first_problems.values()))
    count = sum(not _around(layer) & first_problems.keys() for layer in first_problems)
    row = Problem(first.layer, first.class_name, _TEXT.format(count=count), unblock=_UNBLOCK)
    within = [
        isinstance(each, UnknownObject) and ({each.layer} | _around(each.layer)) & first_problems.keys()
        for each in problems
    ]
    return [row, *(problem for problem, is_told in zip(problems, within) if not is_told)]


def _is_quantised(problem: Problem) -> bool:
    return isinstance(problem, UnknownObject) and not _LAYERS.isdisjoint(
        {problem.class_name, *map(bare, problem.names)}
    )


def _around(layer: str) -> set[str]:
    """The paths of the layers that a layer is within."""
    parts = layer.split("/")
    return {"/".join(parts[:count]) for count in range(1, len(parts))}
