"""What the exporter has asked the old model, and what it has answered, as the bundle records it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interchange.bundle import Bundle
from interchange.values import Value, from_facts
from interchange.workers import probe_batches
from interchange.workers.tolerances import Tolerance


@dataclass(frozen=True)
class Answer:
    """One output of the old model by its name, and how far rounding alone moves it (absolute)."""

    name: str
    truth: Value
    noise: float = 0.0

    def proves(self, within: Tolerance) -> bool:
        """Whether agreeing on it means anything."""
        return within.proves(self.truth, self.noise)


@dataclass(frozen=True)
class Probe:
    """What the old model was asked, its inputs in order, and what it answered."""

    case: str
    inputs: list[Value]
    answers: list[Answer]


Call = Sequence[Probe]
"""Probes whose samples were one batch."""


def recorded(bundle: Bundle, name: str = "reference") -> list[Call]:
    """Every call the exporter has recorded under a name."""
    facts = bundle.json(f"{name}.json")
    return [[_probe(bundle, name, case, facts["noise"][case]) for case in call] for call in facts["calls"]]


def inputs_of(call: Call) -> list[Value]:
    """The batch of a call, for each input."""
    return [probe_batches.joined(values) for values in zip(*(probe.inputs for probe in call))]


def _probe(bundle: Bundle, name: str, case: str, noise: list[float]) -> Probe:
    rows = [row for row in bundle.rows(f"{name}.npz") if row.facts["case"] == case]
    values = [from_facts(bundle.read(row), row.facts) for row in rows]
    inputs = [value for value, row in zip(values, rows) if row.facts["role"] == "input"]
    outputs = [(row.facts["name"], value) for value, row in zip(values, rows) if row.facts["role"] == "output"]
    return Probe(case, inputs, [Answer(*output, moved) for output, moved in zip(outputs, noise, strict=True)])
