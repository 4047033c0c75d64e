"""Tables and charts of what was measured: outputs, layers and the steps of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from interchange.messages.details import Details, LayerDifference, OutputPairs
from interchange.messages.training import TrainingComparison, TrainingVerification
from interchange.messages.verification import OutputComparison, Verification
from interchange.text import counted
from keras2to3.reports.html.filters import count, name, number, ratio_of

BINS = ("≤ 1e-6", "1e-5", "1e-4", "1e-3", "1e-2", "0.1", "1", "10", "> 10")
"""The upper ends of the bins of a histogram, in tolerances; those of the last two are beyond what is allowed."""

LIBRARIES = (
    "d3-array", "d3-color", "d3-format", "d3-interpolate", "d3-time", "d3-time-format", "d3-scale", "d3-selection",
    "d3-axis",
)  # fmt: skip
"""What draws the charts."""

_ALLOWED = 7  # of them
_MOST_ROWS = 400  # of a table
_SHORT = 34  # characters of a name within a chart
_KINDS = {
    "loss": "Losses", "metric": "Metrics", "penalty": "Penalties", "gradient": "Gradients",
    "weight": "Weights after the steps", "slot": "State of the optimizer", "trainable": "Which weights are trained",
}  # fmt: skip


@dataclass(frozen=True)
class Chart:
    """An output drawn, and the same in words."""

    name: str
    axes: tuple[str, str]
    scatter: str
    histogram: str
    bins: tuple[tuple[str, int], ...]


def charts(details: Details | None, axes: tuple[str, str]) -> Sequence[Chart]:
    """One for each output of which numbers are known; `axes` are what both models are called."""
    return tuple(chart(pairs, axes) for pairs in (details.outputs if details else ()))


def chart(pairs: OutputPairs, axes: tuple[str, str]) -> Chart:
    """The numbers of one output in words."""
    total, beyond = sum(pairs.bins), sum(pairs.bins[_ALLOWED:])
    drawn = f"{counted(len(pairs.before), 'number')} drawn of {count(total)}; on the line both are equal."
    if not total:
        shown = "No number was compared."
    elif beyond:
        shown = f"{count(beyond)} of {counted(total, 'number')} are further apart than allowed."
    else:
        shown = f"All {counted(total, 'number')} are within the tolerance; {_nearly(pairs.bins, total)}."
    return Chart(pairs.name, axes, drawn, shown, tuple(zip(BINS, pairs.bins)))


def _nearly(bins: Sequence[int], total: int) -> str:
    return f"{bins[0] / total:.0%} take at most a millionth of it"


def chart_data(pairs: OutputPairs, verification: Verification | None, axes: tuple[str, str]) -> dict[str, Any]:
    """What the script draws of an output; pairs that are further apart than the tolerance are marked."""
    rows = verification.outputs if verification else ()
    tolerance = next((row.tolerance for row in rows if row.name == pairs.name), None)
    drawn = {"before": pairs.before, "after": pairs.after, "axes": axes, "tolerance": tolerance}
    return {**drawn, "bins": pairs.bins, "labels": BINS, "allowed": _ALLOWED}


@dataclass(frozen=True)
class Layers:
    """The differences layer by layer: in a sentence, as rows of a table, and the `first` beyond the tolerance."""

    sentence: str
    rows: tuple[LayerDifference, ...] = ()
    first: Optional[LayerDifference] = None
    more: int = 0


def layers(details: Details | None, verification: Verification | None) -> Layers | None:
    """None where nothing is known of them."""
    if details is None or not (details.layers or details.no_layers):
        return None
    rows = details.layers
    if not rows:
        return Layers(f"The layers were not compared: {details.no_layers}.")
    first, worst = _first_beyond(rows), max(rows, key=closeness)
    calls = counted(len(rows), "layer call")
    if first:
        beyond = sum(not row.equal for row in rows)
        said = f"{_call(first)} is the first layer beyond the tolerance; {count(beyond)} of {calls} are."
        if verification is not None and verification.is_proof:
            said += " The outputs are equal all the same."
    else:
        said = (
            f"All {calls} are within the tolerance. {_call(worst)} comes closest: "
            f"{number(worst.max_abs)} of {number(worst.tolerance)} allowed."
        )
    shown = _first(rows, key=closeness)
    return Layers(said, shown, first, len(rows) - len(shown))


def _first_beyond(rows: Sequence[LayerDifference]) -> LayerDifference | None:
    return next((row for row in rows if not row.equal), None)


def _call(row: LayerDifference) -> str:
    """A layer by its path, with the number of the call but for the first."""
    return name(row.layer) + (f", call {row.call + 1}" if row.call else "")


def layer_data(details: Details) -> dict[str, Any]:
    """What the script draws of the layers: differences in tolerances, None where they cannot be compared."""
    rows = details.layers
    first = _first_beyond(rows)
    return {
        "ratios": [ratio_of(row.max_abs, row.tolerance) for row in rows],
        "equal": [row.equal for row in rows],
        "names": [f"{_call(row)} ({name(row.class_name)})" for row in rows],
        "first": None if first is None else {"place": rows.index(first), "name": name(first.layer, _SHORT)},
    }


@dataclass(frozen=True)
class Steps:
    """The rows of a kind in the comparison of training."""

    title: str
    total: int
    differ: int
    closest: TrainingComparison
    rows: tuple[TrainingComparison, ...]
    more: int


def steps(training: TrainingVerification | None) -> Sequence[Steps]:
    """A table for each kind of number that was compared."""
    rows = training.rows if training else ()
    kinds = ((title, [row for row in rows if row.kind == kind]) for kind, title in _KINDS.items())
    return tuple(_steps(title, own) for title, own in kinds if own)


def _steps(title: str, rows: Sequence[TrainingComparison]) -> Steps:
    shown = _first(rows, key=closeness)
    differ = sum(not row.equal for row in rows)
    return Steps(title, len(rows), differ, max(rows, key=closeness), shown, len(rows) - len(shown))


def outputs(rows: Sequence[OutputComparison]) -> tuple[OutputComparison, ...]:
    """Those of a table."""
    return _first(rows, key=closeness)


def _first(rows: Sequence[Any], key: Any) -> tuple[Any, ...]:
    """All rows in their order, or of many those that come closest to failing."""
    if len(rows) <= _MOST_ROWS:
        return tuple(rows)
    kept = set(sorted(range(len(rows)), key=lambda place: key(rows[place]), reverse=True)[:_MOST_ROWS])
    return tuple(row for place, row in enumerate(rows) if place in kept)


def closeness(row: Any) -> tuple[bool, float]:
    """How close a comparison came to failing, to sort by; what failed comes last."""
    ratio = ratio_of(row.max_abs, row.tolerance)
    return not row.equal, float("inf") if ratio is None else ratio
