"""How far rounding alone moves the outputs of a model: inputs and weights are moved by one unit in the last place."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exporter.describe import narrow_dtypes
from exporter.probes import batches
from exporter.probes.batches import Answers, Call
from exporter.probes.probes import Case
from exporter.restore.zero_copy import assign
from interchange.errors import Failure
from interchange.values import Value, array_of, like
from interchange.workers import memory
from interchange.workers.tolerances import HALF, Tolerance, tolerance

_SEED = 7
DRAWS = 5
"""The largest number of draws; what a single one moves is multiplied by it."""

_KEPT = 2**23  # the number of weights up to which they are restored between draws
# How many numbers are moved at once, always in the same directions, so that they stay in the processor's cache.
# It is prime, so that no two rows of a matrix are moved alike.
_CHUNK = 262_139


def noise(model: Any, exact: Sequence[tuple[Call, Answers]], until: float = math.inf) -> Mapping[str, list[float]]:
    """How far each output moves (absolute), by the name of the case; `exact` are calls with the unmoved outputs.

    The unit is that of the dtype in which an output is computed, also under a mixed-precision policy. If a verdict may
    depend on the noise, several draws are made and the largest counts; none begins after the processor time `until`.
    The weights of the model stay moved, because keeping them would need their memory a second time.
    """
    random = np.random.default_rng(_SEED)
    calls, moved = list(exact), dict[str, list[float]]()
    dtypes = narrow_dtypes.by_output(model, len(calls[0][1][0]) if calls else 0)
    weights, within, steps = _Weights.of(model), list(map(tolerance, dtypes)), _steps(dtypes)
    for _ in range(DRAWS):
        weights.move(random)
        for call, values in calls:
            for case, distances in _distances(model, call, values, steps, random):
                moved[case] = list(map(max, moved.get(case, distances), distances))
        if time.process_time() >= until:
            break
        calls = [(call, values) for call, values in calls if _depends(within, call, values, moved)]
    return moved


def noise_of_moved(model: Any, exact: Sequence[tuple[Call, Answers]]) -> Mapping[str, list[float]]:
    """How far each output moves, by the name of the case, for a model that `noise` has moved already.

    It is a single draw, so the distances are multiplied. Cases in which NaN or infinities change are left out.
    """
    random, epsilon = np.random.default_rng(_SEED), coarsest(model)
    found: dict[str, list[float]] = {}
    for call, values in exact:
        if not any(array_of(value).size for answers in values for value in answers):
            found.update({case.name: [0.0] * len(answers) for case, answers in zip(call, values)})
            continue
        try:
            moved = batches.answers(model, tuple(_moved_case(case, epsilon, random) for case in call))
        except Failure:  # outputs that depend on rounding are no reference
            continue
        for case, before, after in zip(call, values, moved or ()):
            if all(_ends_stay(array_of(a), array_of(b)) for a, b in zip(before, after)):
                found[case.name] = [DRAWS * distance(array_of(a), array_of(b)) for a, b in zip(before, after)]
    return found


def _ends_stay(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether NaN and infinities are in the same places, and values that are not floats are equal."""
    if a.shape != b.shape or a.dtype.kind not in "fc":
        return a.shape == b.shape and (a.dtype.name in HALF or np.array_equal(a, b))
    return np.array_equal(np.where(np.isfinite(a), 0, a), np.where(np.isfinite(b), 0, b), equal_nan=True)


def _distances(
    model: Any, call: Call, values: Answers, steps: Sequence[float], random: np.random.Generator
) -> Iterator[tuple[str, list[float]]]:
    """How far one draw moves the outputs of each case of a call, each output by the step for its dtypes."""
    found = dict[float, Answers]()
    for step in sorted({*steps}):
        moved = batches.answers(model, tuple(_moved_case(case, step, random) for case in call))
        assert moved is not None  # the same call has had answers of this shape
        found[step] = moved
    for number, (case, before) in enumerate(zip(call, values)):
        after = [found[step][number][index] for index, step in enumerate(steps)]
        yield case.name, [distance(array_of(a), array_of(b)) for a, b in zip(before, after)]


def _steps(dtypes: Sequence[frozenset[str]]) -> list[float]:
    """How far the inputs are moved for each output: by the unit of a half only if the output depends on halves."""
    everything = frozenset[str]().union(*dtypes)
    counted = (everything if reached & HALF else everything - HALF for reached in dtypes)
    return [max(map(_epsilon, each), default=0.0) for each in counted]


def _depends(within: Sequence[Tolerance], call: Call, values: Answers, found: Mapping[str, list[float]]) -> bool:
    """Whether a verdict on an output of a call may depend on the size of its noise."""
    rows = (row for case, truths in zip(call, values) for row in zip(within, found[case.name], truths))
    return any(limit.depends_on(moved, truth) for limit, moved, truth in rows)


@dataclass(frozen=True)
class _Weights:
    """Every floating weight with the relative spacing of its layer's dtype, and its value if all are small."""

    rows: list[tuple[Any, float]]
    kept: dict[int, np.ndarray]

    @classmethod
    def of(cls, model: Any, *, keep: bool = True) -> _Weights:
        """The weights of a model; those of a shared layer once. Only what it may `keep` can be moved twice."""
        rows = [
            (variable, _epsilon(layer.compute_dtype))
            for layer in model._flatten_layers()
            for variable in [*layer._trainable_weights, *layer._non_trainable_weights]
            if variable.dtype.is_floating
        ]
        is_small = keep and sum(variable.shape.num_elements() or 0 for variable, _ in rows) <= _KEPT
        return cls(rows, {id(variable): variable.numpy().copy() for variable, _ in rows} if is_small else {})

    def move(self, random: np.random.Generator) -> None:
        """Move each by one unit in the last place of its original value; without kept values only once."""
        for variable, epsilon in self.rows:
            before = self.kept.get(id(variable))
            array = np.asarray(variable.value()) if before is None else before
            assign(variable, _moved_array(array, epsilon, random))
        if not self.kept:
            self.rows.clear()


def move(model: Any, random: np.random.Generator) -> None:
    """Move every floating weight of a model by one unit in the last place."""
    _Weights.of(model, keep=False).move(random)


def nudged(value: Value, epsilon: float, random: np.random.Generator) -> Value:
    """An input moved by the relative spacing `epsilon` of the numbers that a model computes in."""
    return like(value, _moved_array(array_of(value), epsilon, random))


def _moved_case(case: Case, epsilon: float, random: np.random.Generator) -> Case:
    return Case(case.name, tuple(nudged(value, epsilon, random) for value in case.inputs))


def _moved_array(array: np.ndarray, epsilon: float, random: np.random.Generator) -> np.ndarray:
    """Every value times 1 + epsilon or 1 - epsilon.

    Whole numbers stay, because they may be ids, and halves, because a function may round them.
    """
    if array.dtype.kind != "f":
        return array
    step = max(epsilon, float(np.finfo(array.dtype).eps))
    flat, moved = array.reshape(-1), memory.zeros(array.shape, array.dtype.name)
    signs = np.unpackbits(np.frombuffer(random.bytes(_CHUNK // 8 + 1), np.uint8), count=min(_CHUNK, flat.size))
    factors = np.array([1 - step, 1 + step], array.dtype)[signs]
    for start in range(0, flat.size, _CHUNK):
        part, target = (numbers[start : start + _CHUNK] for numbers in (flat, moved.reshape(-1)))
        np.multiply(part, factors[: part.size], out=target)
        double = part + part
        np.copyto(target, part, where=np.rint(double) == double)
    return moved


def coarsest(model: Any) -> float:
    """The largest relative spacing of the numbers that a model computes in."""
    return max(map(_epsilon, narrow_dtypes.computed_in(model)), default=0.0)


def _epsilon(dtype: str | None) -> float:
    """The relative spacing of numbers in a floating dtype; 0 for anything else."""
    import tensorflow as tf

    kind = tf.as_dtype(dtype or "int32")
    if not kind.is_floating:
        return 0.0
    return 2.0**-7 if kind == tf.bfloat16 else float(np.finfo(kind.as_numpy_dtype).eps)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """The largest finite difference; 0 for what is no float, or of another shape."""
    is_float = a.dtype.kind == "f" or a.dtype.name in HALF
    if not is_float or a.shape != b.shape or not a.size:
        return 0.0
    with np.errstate(invalid="ignore"):  # infinity less infinity
        gap = np.abs(a.astype("float64") - b.astype("float64"))
    finite = gap[np.isfinite(gap)]
    return float(finite.max()) if finite.size else 0.0
