"""GitHub's annotations: lines of the log that stand at the model's file and on the page of the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from interchange.errors import Exit
from keras2to3.ci import places
from keras2to3.ci.records import ERROR, WARNING, Record

_MOST = 10  # errors, and warnings, that GitHub shows of a step
_NAMED = 5  # findings in one annotation
_IN_TEXT: dict[str, str | int | None] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY: dict[str, str | int | None] = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def lines(records: Sequence[Record], root: Path) -> Iterator[str]:
    """A line for each source that failed or that has a warning, and one on those beyond what GitHub shows."""
    failed = [record for record in records if record.exit_code is not Exit.VERIFIED]
    warned = [record for record in records if record not in failed and any(_texts(record, WARNING))]
    for level, told in ((ERROR, failed), (WARNING, warned)):
        yield from (_annotation(level, record, root) for record in told[:_MOST])
        if len(told) > _MOST:
            yield f"and {len(told) - _MOST} more sources with {level}s, which the summary names"


def _texts(record: Record, level: str) -> list[str]:
    return [f"{each.text}{f' ({each.hint})' if each.hint else ''}" for each in record.findings if each.level == level]


def _annotation(level: str, record: Record, root: Path) -> str:
    texts = _texts(record, level)
    more = [f"and {len(texts) - _NAMED} more"] if len(texts) > _NAMED else []
    lines = [f"{record.name}: {record.status}", *texts[:_NAMED], *more]
    lines += [f"policy: {record.decision}"] if record.decision else []
    properties = {"title": f"keras2to3 {record.verb}: {record.status}"}
    if record.source is not None:
        properties["file"] = places.shown(record.source, root)
    told = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    return f"::{level} {told}::{_escaped(chr(10).join(lines), _IN_TEXT)}"


def _escaped(text: str, letters: dict[str, str | int | None]) -> str:
    return text.translate(str.maketrans(letters))
