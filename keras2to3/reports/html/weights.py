"""The table of weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from interchange.messages.details import Details
from keras2to3.reports.report import Report

_MOST_ROWS = 2_000


@dataclass(frozen=True)
class Row:
    """A weight of the source, where it is in the result, and how its values were changed, or by what it was matched."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    target: str
    note: str


@dataclass(frozen=True)
class Table:
    """The rows that are shown, and how many are not."""

    rows: tuple[Row, ...]
    more: int


def table(report: Report, details: Optional[Details]) -> Table:
    """The weights of a model, or those that were matched by their names."""
    if details and details.weights:
        rows = [
            Row(f"{row.path}/{row.name}" if row.path else row.name, row.shape, row.dtype, row.new_path, row.recast)
            for row in details.weights
        ]
    else:
        matches = (report.weights.matches if report.weights else None) or ()
        rows = [
            Row(row.source, row.shape, "", row.target, row.recast or f"matched by {row.by}, {row.sure}")
            for row in matches
        ]
    more = details.more_weights if details else 0
    return Table(tuple(rows[:_MOST_ROWS]), len(rows[_MOST_ROWS:]) + more)
