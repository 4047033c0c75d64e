"""The verdict on a round trip."""

from __future__ import annotations

from interchange.text import counted, in_one_line
from keras2to3.reports.outcome import listed
from keras2to3.reports.round_trip import RoundTrip, TensorDifference
from keras2to3.reports.verdict import Verdict


def verdict(trip: RoundTrip) -> Verdict:
    """What came back, with a line for each difference of the config; or on which way it was lost, and why."""
    if trip.back is None or trip.weights is None or trip.outputs is None:
        lost = trip.back or trip.there
        how = "did not come back" if trip.back else "was not migrated"
        return Verdict(lost.status, trip.source, reason=f"{how}: {in_one_line(lost.message or lost.status)}")
    outputs = "outputs not compared"
    if trip.outputs.numbers:
        is_equal = trip.outputs.identical == trip.outputs.numbers
        outputs = "identical" if is_equal else f"{trip.outputs.max_abs:.1e} off"
    config = counted(len(trip.config), "config difference") if trip.config else "config equal"
    facts = [outputs, config, _kept(trip.weights, "weights")]
    if trip.training is not None:
        facts.append(_kept(trip.training.optimizer, "optimizer"))
    differences = [
        f"{each.path}: {each.before} is now {each.after}{f' ({each.reason})' if each.reason else ''}"
        for each in trip.config
    ]
    return Verdict("back", trip.source, facts, details=listed(differences))


def _kept(tensors: TensorDifference, what: str) -> str:
    if tensors.identical == tensors.tensors:
        return f"{what} equal"
    return f"{tensors.identical} of {tensors.tensors} {what} equal"
