"""What is written, by the value of `--format`; one record an output."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Output:
    """A kind of result.

    `ending` is that of its file or folder, `kind` what `report.json` calls it. `scanned_as` is the format that the
    scan has to find in it; None for what the command makes of the source and a file of ours.
    """

    ending: str
    kind: str
    scanned_as: str | None


KERAS = Output(".keras", "native", "keras")
WEIGHTS = Output(".weights.h5", "weights", "weights")
SERVING = Output(".serving", "serving", None)

OUTPUTS = (KERAS, WEIGHTS, SERVING)
BY_OPTION = {"keras": KERAS, "weights": WEIGHTS}
"""What `--format` names."""


def output_of(ending: str) -> Output:
    """The output whose files and folders end like this."""
    return next(output for output in OUTPUTS if output.ending == ending)
