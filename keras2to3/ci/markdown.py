"""The Markdown that GitHub shows on the page of a run."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Sequence

from interchange.errors import Exit
from keras2to3.ci.records import Record, line

_MOST = 200  # rows; GitHub takes a MiB of a step
_LONGEST = 300  # characters of a cell
_PLAIN = frozenset(" ,.;=()/-" + string.ascii_letters + string.digits)


def summary(records: Sequence[Record], code: Exit) -> str:
    """A heading, and a table with a row for each source, those that need attention first."""
    verbs = " and ".join(dict.fromkeys(record.verb for record in records))
    ordered = sorted(records, key=lambda record: (-record.exit_code, -record.own_code, -len(record.findings)))
    counts = Counter(record.status for record in ordered)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    lines = [f"## keras2to3 {verbs}: {told}", "", f"Exit code {code.value}: {code.meaning}.", ""]
    lines += ["| source | status | exit code | what |", "| --- | --- | ---: | --- |"]
    lines += map(_row, ordered[:_MOST])
    if len(records) > _MOST:
        lines += ["", f"And {len(records) - _MOST} more sources."]
    return "\n".join(lines) + "\n\n"


def _row(record: Record) -> str:
    texts = [record.message] if record.message else [finding.text for finding in record.findings[:2]]
    what = "; ".join([*([f"policy: {record.decision}"] if record.decision else []), *texts])
    cells = [record.name, record.status, str(record.exit_code.value), what]
    return f"| {' | '.join(map(cell, cells))} |"


def cell(text: str) -> str:
    """A text of a table, in which nothing is markup: every sign that could be is written as its number."""
    return "".join(
        letter if letter in _PLAIN or not letter.isascii() else f"&#{ord(letter)};" for letter in line(text, _LONGEST)
    )
