"""What is the same after a round trip: outputs, config, tensors, and the state of training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import numpy as np

from interchange.bundle import Bundle
from interchange.errors import Exit
from interchange.manifest import TensorRow
from interchange.messages.message import OMITTED_IF_NONE, Message
from interchange.values import array_of, from_facts
from keras2to3.reports.decision import Decision
from keras2to3.reports.report import Report

SCHEMA = 1
_MOST = 200  # differences of configs that are listed
_SHOWN = 80  # characters of a value
_ABSENT = object()


@dataclass(frozen=True)
class Leg(Message):
    """One way: its status and exit code, its result, report and bundle, why there is none, and the user's policy."""

    status: str
    exit_code: int
    output: Optional[str]
    report: Optional[str]
    bundle: Optional[str]
    message: Optional[str]
    policy: Optional[Decision] = field(default=None, metadata=OMITTED_IF_NONE)


@dataclass(frozen=True)
class ConfigDifference(Message):
    """A value of the config at a `path` before and after, as Python writes it, and the change that explains it."""

    path: str
    before: str
    after: str
    reason: Optional[str]


@dataclass(frozen=True)
class OutputDifference(Message):
    """The outputs of the old model and of what came back: how many numbers, and the largest difference (absolute).

    `max_abs` is None where nothing could be compared, because both were asked other things.
    """

    numbers: int
    identical: int
    max_abs: Optional[float]


@dataclass(frozen=True)
class TensorDifference(Message):
    """How many tensors there were, and how many have come back with all their bits; `differing` names the others."""

    tensors: int
    identical: int
    differing: tuple[str, ...]


@dataclass(frozen=True)
class StepsDifference(Message):
    """The next steps of training: whether they are equal, and how far losses are apart at most (absolute)."""

    equal: bool
    losses_apart: float


@dataclass(frozen=True)
class TrainingDifference(Message):
    """How a compiled model came back.

    `compile` says whether it is compiled as it was, `optimizer` compares what its optimizer keeps. `there` and `back`
    compare the next steps of training on each way, None where they were not compared.
    """

    compile: bool
    optimizer: TensorDifference
    there: Optional[StepsDifference]
    back: Optional[StepsDifference]


@dataclass(frozen=True)
class RoundTrip(Message):
    """The two ways of a source, and what is the same afterwards; None where one of them has not arrived."""

    source: str
    there: Leg
    back: Optional[Leg]
    outputs: Optional[OutputDifference] = None
    config: tuple[ConfigDifference, ...] = ()
    weights: Optional[TensorDifference] = None
    training: Optional[TrainingDifference] = None
    schema: int = field(default=SCHEMA)

    @property
    def exit_code(self) -> Exit:
        """The higher one of both ways."""
        return Exit(max(self.there.exit_code, self.back.exit_code if self.back else 0))


def compared(source: str, there: Leg, back: Leg) -> RoundTrip:
    """The comparison of the bundles of both ways."""
    assert there.bundle is not None
    assert back.bundle is not None
    old, new = Bundle.open(Path(there.bundle)), Bundle.open(Path(back.bundle))
    reports = [Report.from_bytes(Path(leg.report).read_bytes()) for leg in (there, back) if leg.report]
    return RoundTrip(
        source,
        there,
        back,
        _outputs(old, new),
        tuple(_configs(old, new, reports)),
        _tensors(old, new, "weights.npz"),
        _training(old, new, reports),
    )


def _configs(old: Bundle, new: Bundle, reports: Sequence[Report]) -> Iterator[ConfigDifference]:
    before, after = (bundle.json("architecture.json")["config"] for bundle in (old, new))
    changes = [change for report in reports for change in report.changes]
    for number, (path, one, other) in enumerate(_differences(before, after, ())):
        if number == _MOST:
            return
        shown = "/".join(path)
        reason = next((change.text for change in changes if change.layer and change.layer in path), None)
        yield ConfigDifference(shown, _short(one), _short(other), reason)


def _differences(one: Any, other: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Each place at which two documents differ; a layer in a list is called by its name."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            yield from _differences(one.get(key, _ABSENT), other.get(key, _ABSENT), (*path, str(key)))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (a, b) in enumerate(zip(one, other)):
            yield from _differences(a, b, (*path, _name(a, number)))
    elif one != other:
        yield path, one, other


def _name(value: Any, number: int) -> str:
    config = value.get("config") if isinstance(value, Mapping) else None
    name = config.get("name") if isinstance(config, Mapping) else None
    return name if isinstance(name, str) else str(number)


def _short(value: Any) -> str:
    text = "not there" if value is _ABSENT else repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _tensors(old: Bundle, new: Bundle, name: str) -> TensorDifference:
    before, after = _rows(old, name), _rows(new, name)
    differing = [key for key, row in before.items() if not _same(old, row, new, after.get(key))]
    surplus = [key for key in after if key not in before]
    shown = ["/".join(map(str, key)) for key in (*differing, *surplus)]
    return TensorDifference(len(before), len(before) - len(differing), tuple(shown[:_MOST]))


def _rows(bundle: Bundle, name: str) -> Mapping[tuple[Any, ...], TensorRow]:
    rows = bundle.rows(name) if name in bundle.manifest.files else ()
    keys = ("slot", "variable")
    return {(*row.facts.get("layer", ()), *(row.facts[key] for key in keys if key in row.facts)): row for row in rows}


def _same(old: Bundle, row: TensorRow, new: Bundle, other: TensorRow | None) -> bool:
    if other is None or (row.dtype, row.shape) != (other.dtype, other.shape):
        return False
    return np.asarray(old.read(row)).tobytes() == np.asarray(new.read(other)).tobytes()


def _outputs(old: Bundle, new: Bundle) -> OutputDifference:
    """The outputs of those probes that both models were given."""
    before, after = _answers(old), _answers(new)
    numbers = identical = 0
    largest: float | None = None
    for key, one in before.items():
        other = after.get(key)
        if key[1] != "output" or other is None or one.shape != other.shape or not _same_inputs(key[0], before, after):
            continue
        numbers += one.size
        if one.dtype.kind not in "fciub":
            identical += int(np.sum(one == other))
            continue
        equal = (one == other) | (np.isnan(one) & np.isnan(other) if one.dtype.kind in "fc" else False)
        identical += int(np.sum(equal))
        difference = np.abs(np.where(equal, 0, one).astype("complex128") - np.where(equal, 0, other))
        largest = max(largest or 0.0, float(np.max(difference, initial=0.0)))
    return OutputDifference(numbers, identical, largest)


_Answers = Mapping[tuple[str, str, int], np.ndarray[Any, Any]]


def _answers(bundle: Bundle) -> _Answers:
    counts: dict[tuple[str, str], int] = {}
    found: dict[tuple[str, str, int], np.ndarray[Any, Any]] = {}
    for row in bundle.rows("reference.npz"):
        place = (str(row.facts["case"]), str(row.facts["role"]))
        counts[place] = counts.get(place, -1) + 1
        found[(*place, counts[place])] = np.asarray(array_of(from_facts(bundle.read(row), row.facts)))
    return found


def _same_inputs(case: str, before: _Answers, after: _Answers) -> bool:
    ours = {key: value for key, value in before.items() if key[:2] == (case, "input")}
    return all(key in after and np.array_equal(value, after[key]) for key, value in ours.items())


def _training(old: Bundle, new: Bundle, reports: Sequence[Report]) -> TrainingDifference | None:
    if "training.json" not in old.manifest.files:
        return None
    before = old.json("training.json")
    after = new.json("training.json") if "training.json" in new.manifest.files else None
    is_same = after is not None and before["compile"] == after["compile"]
    there, back = map(_steps, reports)
    return TrainingDifference(is_same, _tensors(old, new, "optimizer.npz"), there, back)


def _steps(report: Report) -> StepsDifference | None:
    """The comparison of the next steps; None if there is none."""
    found = report.verification.training if report.verification else None
    if found is None or found.why is not None:
        return None
    losses = [row.max_abs for row in found.rows if row.kind == "loss" and row.max_abs is not None]
    return StepsDifference(found.is_equal, max(losses, default=0.0))
