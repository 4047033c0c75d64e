"""Prove that the written model computes what the old one computed, on every probe of the bundle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from importer.compare import Compared, Tolerance, compare, hardly_varies, rounded_up, tolerance, worse
from importer.given_noise import give
from importer.run import made_in, outputs
from importer.spec import Change
from interchange import batches
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.values import Value, array_of, from_facts

_REFERENCE = "reference.npz"
_OTHER_KERNELS = (
    "Keras 3 computes with other kernels, and their last digits differ: leave out --rtol and --atol, or give --atol {}"
)


@dataclass(frozen=True)
class Limits:
    """The tolerances the user asked for; None leaves it to the dtype."""

    rtol: float | None = None
    atol: float | None = None


@dataclass(frozen=True)
class Probe:
    """What the old model was asked: its inputs in order, its outputs by name, and how far rounding moves each."""

    case: str
    inputs: list[Value]
    outputs: list[tuple[str, Value]]
    noise: list[float]


Call = Sequence[Probe]
"""Probes whose samples were one batch."""


def recorded(bundle: Bundle) -> list[Call]:
    """Every call the exporter has recorded."""
    facts = bundle.json("reference.json")
    return [[_probe(bundle, case, facts["noise"][case]) for case in call] for call in facts["calls"]]


def inputs_of(call: Call) -> list[Value]:
    """The batch of a call, for each input."""
    return [batches.joined(values) for values in zip(*(probe.inputs for probe in call))]


def _probe(bundle: Bundle, case: str, noise: list[float]) -> Probe:
    rows = [row for row in bundle.rows(_REFERENCE) if row.facts["case"] == case]
    values = [from_facts(bundle.read(row), row.facts) for row in rows]
    inputs = [value for value, row in zip(values, rows) if row.facts["role"] == "input"]
    wanted = [(row.facts["name"], value) for value, row in zip(values, rows) if row.facts["role"] == "output"]
    return Probe(case, inputs, wanted, noise)


def verify(model: Any, bundle: Bundle, limits: Limits, left_out: Collection[tuple[str, ...]] = ()) -> Mapping[str, Any]:
    """Run all probes through `model`, which draws no noise from then on; returns the report's `verification`.

    `left_out` are the paths of layers that the old model had besides, which act in training alone.

    Raises `Failure(DIFFERS)` with the same facts in `detail` if any output differs from the recorded truth.
    """
    give(model, bundle, left_out)
    origin = bundle.json("reference.json")
    return compared(model, recorded(bundle), limits, origin["kind"], origin["recovered"])


def compared(
    model: Any, calls: Sequence[Call], limits: Limits, reference: str, recovered: Sequence[Any] = ()
) -> Mapping[str, Any]:
    """The report's `verification` for answers that are known, or `Failure(DIFFERS)` with it in `detail`."""
    rows = _compared(model, calls, limits)
    probes = [probe for call in calls for probe in call]
    verification = {
        "reference": reference,
        "recovered": list(recovered),
        "strength": "weak" if _is_weak(probes) else "full",
        "inputs": [probe.case for probe in probes],
        "noise": max((value for probe in probes for value in probe.noise), default=0.0),
        "outputs": [asdict(row) for row in rows],
        "first_difference": None,
    }
    wrong = [row for row in rows if not row.equal]
    if wrong:
        detail = {"verification": verification}
        if failure := _only_as_asked(model, calls, limits, wrong[0]):
            raise replace(failure, detail=detail)
        raise Failure(Exit.DIFFERS, f"output {wrong[0].name} differs: {wrong[0].reason}", detail=detail)
    return verification


def _only_as_asked(model: Any, calls: Sequence[Call], limits: Limits, wrong: Compared) -> Failure | None:
    """The failure of a model that differs by what the user allows, and by default would be verified; None otherwise."""
    if limits == Limits() or not all(row.equal for row in _compared(model, calls, Limits())):
        return None
    within = tolerance(computed_in(model), limits.rtol, limits.atol)
    beyond = max((row.max_abs or 0.0) - row.tolerance for _, row in _rows(model, calls, within))
    usual = tolerance(computed_in(model))
    message = (
        f"output {wrong.name} differs by {wrong.max_abs:.3g}, and --rtol and --atol allow {wrong.tolerance:.3g}: "
        f"it would be verified by default, where --rtol is {usual.rtol:g} and --atol {usual.atol:g}"
    )
    return Failure(Exit.DIFFERS, message, _OTHER_KERNELS.format(rounded_up(within.atol + beyond)))


def unproven(why: str) -> Mapping[str, Any]:
    """The report's `verification` where there is nothing to compare with."""
    return {
        "reference": "weights",
        "recovered": [],
        "strength": "weak",
        "inputs": [],
        "noise": 0.0,
        "outputs": [],
        "first_difference": None,
        "why": why,
    }


def _compared(model: Any, calls: Sequence[Call], limits: Limits) -> list[Compared]:
    within = tolerance(computed_in(model), limits.rtol, limits.atol)
    found: dict[int, Compared] = {}
    for index, row in _rows(model, calls, within):
        found[index] = worse(found[index], row) if index in found else row
    return list(found.values())


def _rows(model: Any, calls: Sequence[Call], within: Tolerance) -> Iterator[tuple[int, Compared]]:
    """Each output of each probe, with the number of the output."""
    for probe, results in (pair for call in calls for pair in zip(call, _answers(model, call))):
        for index, (name, truth) in enumerate(probe.outputs):
            yield index, compare(name, results[index], truth, within, probe.noise[index])


def _answers(model: Any, call: Call) -> list[list[Value]]:
    """What the model answers to each probe of a call; raises `Failure(DIFFERS)` where it is no answer at all."""
    results, wanted = outputs(model, inputs_of(call)), len(call[0].outputs)
    if len(results) != wanted:
        raise Failure(Exit.DIFFERS, f"it has {len(results)} outputs, the old model has {wanted}")
    parts = batches.parted(results, [probe.inputs for probe in call])
    if parts is None:
        raise Failure(Exit.DIFFERS, "an output has not one row for each sample, as all of the old model have")
    return parts


def _is_weak(probes: Sequence[Probe]) -> bool:
    by_output = zip(*([array_of(truth) for _, truth in probe.outputs] for probe in probes))
    return all(hardly_varies(list(values)) for values in by_output)


def became_dense(verification: Mapping[str, Any]) -> list[Change]:
    """Lines for the report about outputs that are no longer sparse."""
    text = "the output was a sparse tensor and is a dense one with the same numbers"
    rows = [row for row in verification["outputs"] if row["kind"] != row["kind_before"]]
    return [Change(row["name"], "output", "structural", text) for row in rows]


def computed_in(model: Any) -> frozenset[str]:
    """The dtypes the layers and operations of a model compute in."""
    layers = (layer.compute_dtype for layer in model._flatten_layers())
    return frozenset(map(str, (*layers, *(tensor.dtype for tensor in made_in(model)))))
