"""Numbers of each output beside those of the old model, and how their differences are spread over the tolerance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from importer.verify.recorded_calls import Call
from interchange.messages.details import DECADES, MOST_OUTPUTS, MOST_PAIRS, OutputPairs
from interchange.tensors import Array
from interchange.text import escaped
from interchange.values import Value, array_of
from interchange.workers.parts import stride

_EDGES = 10.0 ** np.arange(-6, DECADES - 7)  # upper ends of all bins but the last, in tolerances
_ALL = 20_000  # pairs of all outputs together
_KINDS = "fiub"


class Pairs:
    """What the page shows of the outputs; `add` gets every answer that proves something."""

    def __init__(self) -> None:
        self._found: dict[int, _Output] = {}

    def begin(self, calls: Sequence[Call]) -> None:
        """Expect the answers to all probes of these calls, whatever came before."""
        outputs = list(zip(*(probe.answers for call in calls for probe in call)))
        most = min(MOST_PAIRS, max(_ALL // max(len(outputs), 1), 1))
        self._found = {
            index: _Output(answers[0].name, [array_of(answer.truth) for answer in answers], most)
            for index, answers in enumerate(outputs[:MOST_OUTPUTS])
        }

    def add(self, index: int, before: Value, after: Value, tolerance: float) -> None:
        """An output of a probe, and how far it may be from that of the old model."""
        if index in self._found:
            self._found[index].add(array_of(before), array_of(after), tolerance)

    @property
    def rows(self) -> tuple[OutputPairs, ...]:
        """Those of all outputs of which something was compared."""
        return tuple(output.pairs for output in self._found.values() if output.pairs.before or any(output.pairs.bins))


class _Output:
    """The numbers of one output."""

    def __init__(self, name: str, truths: Sequence[Array], most: int) -> None:
        self._name = name
        count, last = sum(truth.size for truth in truths), max(truth.shape[-1:] or (1,) for truth in truths)
        self._step, self._passed = stride((count, *last), most * last[0]) if last[0] else 1, 0
        self._before: list[Array] = []
        self._after: list[Array] = []
        self._bins = np.zeros(DECADES, "int64")

    def add(self, before: Array, after: Array, tolerance: float) -> None:
        kinds = {array.dtype.kind if array.dtype.kind != "V" else "f" for array in (before, after)}
        if before.shape != after.shape or not kinds <= set(_KINDS):
            return
        old, new = (np.ascontiguousarray(array).reshape(-1).astype("float64") for array in (before, after))
        finite = np.isfinite(old) & np.isfinite(new)
        places = np.arange(-self._passed % self._step, old.size, self._step)
        places = places[finite[places]]
        self._passed += old.size
        self._before.append(old[places])
        self._after.append(new[places])
        gaps = np.abs(old[finite] - new[finite])
        self._bins += _spread(gaps, tolerance)

    @property
    def pairs(self) -> OutputPairs:
        before, after = (np.concatenate([np.zeros(0), *each])[:MOST_PAIRS] for each in (self._before, self._after))
        bins = tuple(int(count) for count in self._bins)
        return OutputPairs(escaped(self._name), tuple(before.tolist()), tuple(after.tolist()), bins)


def _spread(gaps: Array, tolerance: float) -> Array:
    """How many of the differences are in each bin."""
    within = np.array([np.count_nonzero(gaps <= edge * tolerance) for edge in _EDGES] + [gaps.size])
    return np.diff(within, prepend=0)
