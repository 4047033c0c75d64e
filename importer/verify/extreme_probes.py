"""Whether a verified model answers as the old one at the ends: it stays verified if not, and the report says so."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

from importer.verify.compare import compare
from importer.verify.inference import can_trace, outputs
from importer.verify.output_dtypes import tolerances
from importer.verify.recorded_calls import Call, Probe, recorded
from importer.verify.verify import answers
from interchange.bundle import Bundle
from interchange.errors import Failure
from interchange.messages.changes import Change
from interchange.messages.verification import ExtremeProbe
from interchange.values import Value
from interchange.workers.tolerances import Tolerance

_NAME = "extremes"
_IN_GRAPH = "only in a graph, as in `predict`: {}"
_DIFFERS = "the outputs for {} differ between Keras 2 and Keras 3: {}"


def judged(model: Any, bundle: Bundle) -> list[ExtremeProbe]:
    """A row for each probe at the ends that the old model has answered."""
    if f"{_NAME}.json" not in bundle.manifest.files:
        return []
    asked = recorded(bundle, _NAME)
    within = tolerances(model, len(asked[0][0].answers))
    return [row for call in asked for row in _rows(model, call, within)]


def changes(rows: Sequence[ExtremeProbe]) -> list[Change]:
    """Lines for the report about what the model answers otherwise."""
    texts = (_DIFFERS.format(row.probe, row.text) for row in rows if not row.equal)
    return [Change("", _NAME, "lossy", text) for text in texts]


def _rows(model: Any, call: Call, within: Sequence[Tolerance]) -> Iterator[ExtremeProbe]:
    """A row for each probe of a call; each is asked by itself where together they have no answer."""
    try:
        results = answers(model, call)
    except Failure as failure:
        if len(call) == 1:
            yield ExtremeProbe(call[0].case, *_in_graph(model, call, within, failure.message))
        else:
            for probe in call:
                yield from _rows(model, [probe], within)
        return
    for probe, found in zip(call, results):
        difference = _difference(probe, found, within)
        yield ExtremeProbe(probe.case, not difference, difference)


def _in_graph(model: Any, call: Call, within: Sequence[Tolerance], why: str) -> tuple[bool, str]:
    """Whether a probe that has no answer is answered in a graph, where shapes stay open, and what is told of it."""
    if not can_trace(model):
        return False, why
    try:
        (found,) = answers(model, call, functools.partial(outputs, in_graph=True))
    except Failure:
        return False, why
    difference = _difference(call[0], found, within)
    return not difference, difference or _IN_GRAPH.format(why)


def _difference(probe: Probe, results: Sequence[Value], within: Sequence[Tolerance]) -> str:
    """What is other than the truth, in words; nothing if nothing is."""
    for answer, result, limit in zip(probe.answers, results, within):
        row = compare(answer.name, result, answer.truth, limit, answer.noise)
        if not row.equal:
            return f"output {row.name}: {row.reason}"
    return ""
