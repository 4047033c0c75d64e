"""The graph in a SavedModel as a second truth: where it answers otherwise than what Keras 2.15 has built, it is right.

It is what was saved; the model is built anew from what is told of it, which may tell less than all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from importer.verify.compare import compare
from importer.verify.recorded_calls import Call, Probe
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.hints import or_served
from interchange.messages.verification import GraphComparison
from interchange.values import Value
from interchange.workers.tolerances import Tolerance

_FACTS, _ANSWERS = "graph.json", "graph.npz"
_AGREES = "the graph in the file gives equal outputs on {} of {} probes"
_WINS = "the graph in the file gives other outputs than the model that Keras 2.15 builds, on {}: it is the reference"
_ANOTHER = (
    "the description of the model in the folder is not what its graph computes: save it again where it was created"
)
_NONE = "the graph in the file was not run: {}"


@dataclass(frozen=True)
class Verdict:
    """The calls with what is true, and what the report says of the graph; `wins` is whether the graph has said it."""

    calls: Sequence[Call]
    comparison: GraphComparison | None = None

    @property
    def wins(self) -> bool:
        """Whether the graph is the truth."""
        return self.comparison is not None and self.comparison.agrees is False

    def explained(self, failure: Failure) -> Failure:
        """A difference; where the graph is right, the old model that is told beside it differs as well."""
        return replace(failure, hint=_ANOTHER) if self.wins and failure.code is Exit.DIFFERS else failure


def judged(bundle: Bundle, calls: Sequence[Call], within: Sequence[Tolerance]) -> Verdict:
    """What is true of the answers that a bundle has recorded, where it has a graph as well.

    `within` is the tolerance of each output. A probe that the graph did not take is none once the graph is right.
    """
    if _FACTS not in bundle.manifest.files:
        return Verdict(calls)
    facts = bundle.json(_FACTS)
    if facts["why"] is not None:
        return Verdict(calls, GraphComparison(None, _NONE.format(facts["why"])))
    found = _read(bundle)
    unlike = [probe.case for call in calls for probe in call if any(_differ(probe, found, within))]
    if not unlike:
        count = sum(len(call) for call in calls)
        return Verdict(calls, GraphComparison(True, _AGREES.format(len(facts["cases"]), count)))
    asked = [call for call in calls if all(probe.case in facts["cases"] for probe in call)]
    comparison = GraphComparison(False, _WINS.format(", ".join(unlike)))
    return Verdict([[_corrected(probe, found) for probe in call] for call in asked], comparison)


def with_way_out(failure: Failure, folder: Path) -> Failure:
    """What hinders the model in a bundle, and that its graph may go on instead, if that has answered the same."""
    if failure.code not in (Exit.REFUSED, Exit.DIFFERS):
        return failure
    bundle = Bundle.open(folder)
    is_callable = _FACTS in bundle.manifest.files and bundle.json(_FACTS)["cases"]
    return replace(failure, hint=or_served(failure.hint)) if is_callable else failure


def _read(bundle: Bundle) -> Mapping[tuple[str, int], Value]:
    """The answers of the graph that are not those of the model to the last bit, by probe and number of the output."""
    rows = bundle.rows(_ANSWERS) if _ANSWERS in bundle.manifest.files else ()
    return {(row.facts["case"], row.facts["index"]): bundle.read(row) for row in rows}


def _differ(probe: Probe, found: Mapping[tuple[str, int], Value], within: Sequence[Tolerance]) -> Iterator[bool]:
    """Whether the two truths are apart, for each output of a probe that proves anything."""
    for index, (answer, limit) in enumerate(zip(probe.answers, within)):
        if (probe.case, index) in found and answer.proves(limit):
            yield not compare(answer.name, answer.truth, found[probe.case, index], limit, answer.noise).equal


def _corrected(probe: Probe, found: Mapping[tuple[str, int], Value]) -> Probe:
    answers = enumerate(probe.answers)
    return replace(
        probe,
        answers=[replace(answer, truth=found.get((probe.case, index), answer.truth)) for index, answer in answers],
    )
