"""Several probes in one call: their samples as one batch, and the answers taken apart again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interchange.values import Ragged, Value, array_of, kind_of

FURTHER = "more-"
"""The beginning of the names of probes that come besides those that every model gets."""


def is_further(case: str) -> bool:
    """Whether a probe is one of those besides the usual ones, which a model may also go without."""
    return case.startswith(FURTHER)


def joined(values: Sequence[Value]) -> Value:
    """The samples of one input, one probe after the other; what is sparse or ragged comes alone."""
    return values[0] if len(values) == 1 else np.concatenate([array_of(value) for value in values])


def count(value: Value) -> int:
    """How many samples there are."""
    return len(value.lengths[0]) if isinstance(value, Ragged) else len(array_of(value))


def parted(outputs: Sequence[Value], probes: Sequence[Sequence[Value]]) -> list[list[Value]] | None:
    """For each probe, given by its inputs, its rows of all outputs; None if an output has not one row for each sample.

    A probe that came alone has all there is.
    """
    if len(probes) == 1:
        return [list(outputs)]
    ends = np.cumsum([count(inputs[0]) for inputs in probes])
    if not all(kind_of(value) == "dense" and array_of(value).shape[:1] == (ends[-1],) for value in outputs):
        return None
    rows = [np.split(array_of(value), ends[:-1]) for value in outputs]
    return [list(parts) for parts in zip(*rows)]
