"""How far rounding alone can move what a model answers: inputs and weights are moved by one unit in the last place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from exporter import calls
from exporter.calls import Answers, Call
from exporter.handover import assign
from exporter.kinds import is_model
from exporter.probes import Case
from interchange import memory
from interchange.values import array_of, like

_SEED = 7
# Numbers that are moved at once, in the same directions each time: what is in between stays in the processor's cache.
# A prime, so that no row of a matrix is moved like another.
_CHUNK = 262_139


def noise(model: Any, exact: Sequence[tuple[Call, Answers]]) -> Mapping[str, list[float]]:
    """How far each output moves, by the name of the case (absolute); `exact` are calls with what nothing has moved.

    The last place is that of the dtype they are computed in, which a mixed-precision policy makes shorter. It comes
    last of all that a model is asked, for its weights stay moved: to keep them would take their memory once more.
    """
    random = np.random.default_rng(_SEED)
    # A model has a dtype too, but computes nothing itself.
    layers = [layer for layer in model._flatten_layers() if not is_model(layer)]
    coarsest = max((_epsilon(layer.compute_dtype) for layer in layers), default=0.0)
    _move_weights(model, random)
    distances: dict[str, list[float]] = {}
    for call, values in exact:
        found = calls.answers(model, tuple(_nudged_case(case, coarsest, random) for case in call))
        assert found is not None  # the same call has had answers of this shape
        for case, before, after in zip(call, values, found):
            distances[case.name] = [_distance(array_of(a), array_of(b)) for a, b in zip(before, after)]
    return distances


def _nudged_case(case: Case, epsilon: float, random: np.random.Generator) -> Case:
    return Case(case.name, tuple(like(value, _nudged(array_of(value), epsilon, random)) for value in case.inputs))


def _move_weights(model: Any, random: np.random.Generator) -> None:
    """Every floating weight lies one unit in the last place beside its value; a shared layer is moved once."""
    for layer in model._flatten_layers():
        for variable in [*layer._trainable_weights, *layer._non_trainable_weights]:
            if variable.dtype.is_floating:
                assign(variable, _nudged(np.asarray(variable.value()), _epsilon(layer.compute_dtype), random))


def _nudged(array: np.ndarray, epsilon: float, random: np.random.Generator) -> np.ndarray:
    """Every value moved by `epsilon` of itself, up or down; whole numbers stay: an id would become its neighbour."""
    if array.dtype.kind != "f":
        return array
    step = max(epsilon, float(np.finfo(array.dtype).eps))
    flat, moved = array.reshape(-1), memory.zeros(array.shape, array.dtype.name)
    signs = np.unpackbits(np.frombuffer(random.bytes(_CHUNK // 8 + 1), np.uint8), count=min(_CHUNK, flat.size))
    factors = np.array([1 - step, 1 + step], array.dtype)[signs]
    for start in range(0, flat.size, _CHUNK):
        part, target = (numbers[start : start + _CHUNK] for numbers in (flat, moved.reshape(-1)))
        np.multiply(part, factors[: part.size], out=target)
        np.copyto(target, part, where=np.rint(part) == part)
    return moved


def _epsilon(dtype: str | None) -> float:
    """The relative spacing of numbers in a floating dtype; 0 for anything else."""
    import tensorflow as tf

    kind = tf.as_dtype(dtype or "int32")
    if not kind.is_floating:
        return 0.0
    return 2.0**-7 if kind == tf.bfloat16 else float(np.finfo(kind.as_numpy_dtype).eps)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    if a.dtype.kind != "f" or a.shape != b.shape or not a.size:
        return 0.0
    with np.errstate(invalid="ignore"):  # infinity less infinity
        gap = np.abs(a.astype("float64") - b.astype("float64"))
    finite = gap[np.isfinite(gap)]
    return float(finite.max()) if finite.size else 0.0
