"""Prove that the written model computes what the old one computed, on every probe of the bundle."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from importer.details.outputs import Pairs
from importer.verify.compare import compare, hardly_varies, rounded_up, worse
from importer.verify.fixed_noise import give
from importer.verify.inference import outputs
from importer.verify.output_dtypes import tolerances
from importer.verify.recorded_calls import Answer, Call, Probe, inputs_of, recorded
from importer.verify.saved_graph import judged
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure, Problem, refused
from interchange.messages.changes import Change
from interchange.messages.requests import ToleranceOptions
from interchange.messages.verification import (
    GraphComparison,
    OutputComparison,
    RecoveredLambda,
    UnprovingProbe,
    Verification,
)
from interchange.values import Value, array_of
from interchange.workers import probe_batches
from interchange.workers.tolerances import Tolerance, size

_OTHER_KERNELS = (
    "Keras 3 computes with other kernels, and their last digits differ: leave out --rtol and --atol, or give --atol {}"
)
_STEADY = "pass inputs on which it is more stable, such as those it was trained on, with --inputs FILE.npz"


Within = Sequence[Tolerance]
"""The tolerance of each output."""


@dataclass(frozen=True)
class Origin:
    """How the answers of the old model came about, as the report has it.

    `left_out` is why no probe of ours is among the calls, where there is none; `learnt` is what our inputs had to be
    like, where the layers do not tell; `graph` is what is told of that in a SavedModel.
    """

    reference: str = "original"
    recovered: tuple[RecoveredLambda, ...] = ()
    left_out: str | None = None
    learnt: str | None = None
    graph: GraphComparison | None = None


ORIGINAL = Origin()
"""Where the old model has answered as it was."""


def verify(
    model: Any,
    bundle: Bundle,
    limits: ToleranceOptions,
    left_out: Collection[tuple[str, ...]] = (),
    pairs: Pairs | None = None,
) -> Verification:
    """Run all probes through `model`, which draws no noise from then on.

    `left_out` are the paths of layers that the old model had besides, which act in training alone. `pairs` gets the
    answers of both models.

    Raises `Failure(DIFFERS)` with the same facts in `detail` if any output differs from the recorded truth.
    """
    give(model, bundle, left_out)
    origin = bundle.json("reference.json")
    calls = recorded(bundle)
    verdict = judged(bundle, calls, tolerances(model, _count(calls)))
    kind = "graph" if verdict.wins else origin["kind"]
    recovered = tuple(map(RecoveredLambda.from_json, origin["recovered"]))
    told = Origin(kind, recovered, origin["left_out"], origin["learnt"], verdict.comparison)
    try:
        return compared(model, verdict.calls, limits, told, pairs)
    except Failure as failure:
        raise verdict.explained(failure) from failure.__cause__


def compared(
    model: Any,
    calls: Sequence[Call],
    limits: ToleranceOptions,
    origin: Origin = ORIGINAL,
    pairs: Pairs | None = None,
) -> Verification:
    """The comparison with answers that are known, or `Failure(DIFFERS)` with it in `detail`."""
    within = tolerances(model, _count(calls), limits.rtol, limits.atol)
    if pairs is not None:
        pairs.begin(calls)
    rows, probes = _compared(model, calls, within, pairs), [probe for call in calls for probe in call]
    verification = _verification(probes, within, rows, origin)
    wrong = [row for row in rows if not row.equal]
    if wrong:
        detail = {"verification": verification.to_json()}
        if failure := _only_as_asked(model, calls, limits, wrong[0]):
            raise replace(failure, detail=detail)
        raise Failure(Exit.DIFFERS, f"output {wrong[0].name} differs: {wrong[0].reason}", detail=detail)
    if vacuous := _vacuous(probes, within):
        raise replace(vacuous, detail={"verification": verification.to_json()})
    return verification


def _verification(
    probes: Sequence[Probe], within: Within, rows: Sequence[OutputComparison], origin: Origin
) -> Verification:
    """What was compared, and how much that proves; what proves nothing does not count."""
    proving = [[answer for answer, limit in zip(probe.answers, within) if answer.proves(limit)] for probe in probes]
    telling = [probe for probe, answers in zip(probes, proving) if answers]
    return Verification(
        reference=origin.reference,
        recovered=origin.recovered,
        strength="weak" if _is_weak(probes, within) else "full",
        inputs=tuple(probe.case for probe in probes),
        samples=sum(probe_batches.count(probe.inputs[0]) for probe in telling),
        numbers=sum(array_of(answer.truth).size for answers in proving for answer in answers),
        left_out=origin.left_out,
        learnt=origin.learnt,
        graph=origin.graph,
        noise=max((answer.noise for answers in proving for answer in answers), default=0.0),
        proves_nothing=tuple(
            UnprovingProbe(probe.case, answer.name, answer.noise, size(array_of(answer.truth)))
            for probe in probes
            for answer, limit in zip(probe.answers, within)
            if not answer.proves(limit) and not probe_batches.is_further(probe.case)
        ),
        outputs=tuple(rows),
    )


def _vacuous(probes: Sequence[Probe], within: Within) -> Failure | None:
    """Why a model is not verified although nothing differs: there is an output of which no probe proves anything."""
    for answers, limit in zip(_by_output(probes), within):
        if not any(answer.proves(limit) for answer in answers):
            least = min(answers, key=lambda answer: answer.noise)
            text = f"rounding alone moves output {least.name} by {least.noise:.2g} and more on every probe, and it is "
            text += f"{size(array_of(least.truth)):.2g} large, so equal outputs would prove nothing"
            return refused([Problem(least.name, "output", text)], text, _STEADY)
    return None


def _only_as_asked(
    model: Any, calls: Sequence[Call], limits: ToleranceOptions, wrong: OutputComparison
) -> Failure | None:
    """The failure of a model that differs by what the user allows, and by default would be verified; None otherwise."""
    usual = tolerances(model, _count(calls))
    if limits == ToleranceOptions() or not all(row.equal for row in _compared(model, calls, usual)):
        return None
    within = tolerances(model, _count(calls), limits.rtol, limits.atol)
    rows = _rows(model, calls, within)
    needed = max((row.max_abs or 0.0) - row.tolerance + within[index].atol for index, row in rows)
    default = usual[[answer.name for answer in calls[0][0].answers].index(wrong.name)]
    message = (
        f"output {wrong.name} differs by {wrong.max_abs:.3g}, and --rtol and --atol allow {wrong.tolerance:.3g}: "
        f"it would be verified by default, where --rtol is {default.rtol:g} and --atol {default.atol:g}"
    )
    return Failure(Exit.DIFFERS, message, _OTHER_KERNELS.format(rounded_up(needed)))


def _compared(model: Any, calls: Sequence[Call], within: Within, pairs: Pairs | None = None) -> list[OutputComparison]:
    found: dict[int, OutputComparison] = {}
    for index, row in _rows(model, calls, within, pairs):
        found[index] = worse(found[index], row) if index in found else row
    return [found[index] for index in sorted(found)]


def _rows(
    model: Any, calls: Sequence[Call], within: Within, pairs: Pairs | None = None
) -> Iterator[tuple[int, OutputComparison]]:
    """Each output of each probe, with the number of the output; where it proves nothing, only if it is no such output.

    That has the wrong shape, dtype, or places of NaN.
    """
    for probe, results in (pair for call in calls for pair in zip(call, answers(model, call))):
        for index, (answer, limit) in enumerate(zip(probe.answers, within)):
            proves = answer.proves(limit)
            row = compare(answer.name, results[index], answer.truth, limit, answer.noise if proves else math.inf)
            if proves and pairs is not None:
                allowed = limit.allowed(size(array_of(answer.truth)), answer.noise)
                pairs.add(index, answer.truth, results[index], allowed)
            if proves or not row.equal:
                yield index, row


def answers(model: Any, call: Call, run: Callable[..., list[Value]] | None = None) -> list[list[Value]]:
    """What the model answers to each probe of a call; raises `Failure(DIFFERS)` where it is no answer at all."""
    results, wanted = (run or outputs)(model, inputs_of(call)), len(call[0].answers)
    if len(results) != wanted:
        raise Failure(Exit.DIFFERS, f"it has {len(results)} outputs, the old model has {wanted}")
    parts = probe_batches.parted(results, [probe.inputs for probe in call])
    if parts is None:
        raise Failure(Exit.DIFFERS, "an output has not one row for each sample, as all of the old model have")
    return parts


def _is_weak(probes: Sequence[Probe], within: Within) -> bool:
    by_output = zip(_by_output(probes), within)
    steady = ([array_of(answer.truth) for answer in answers if answer.proves(limit)] for answers, limit in by_output)
    return all(hardly_varies(values) for values in steady)


def _by_output(probes: Sequence[Probe]) -> Iterator[tuple[Answer, ...]]:
    """What all probes ask of each output."""
    return zip(*(probe.answers for probe in probes))


def _count(calls: Sequence[Call]) -> int:
    """How many outputs the old model has."""
    return len(calls[0][0].answers)


def became_dense(verification: Verification) -> list[Change]:
    """Lines for the report about outputs that are no longer sparse."""
    text = "the output was a sparse tensor and is a dense one with the same numbers"
    rows = [row for row in verification.outputs if row.kind != row.kind_before]
    return [Change(row.name, "output", "structural", text) for row in rows]
