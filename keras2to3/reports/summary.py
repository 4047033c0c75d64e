"""`summary.json`: a row for each source of a run, and those of earlier runs whose results are still there."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interchange import json_floats, strictjson
from interchange.errors import Exit, Failure, failure_of
from keras2to3.reports.report import SCHEMA
from keras2to3.results import durability, ownership, pages
from keras2to3.results.job import REPORT, Job
from keras2to3.results.portable_names import HIDDEN
from keras2to3.task_state import Task

NAME = "summary.json"
DONE = "done.jsonl"
"""The rows of a run until its summary is written, below the hidden folder, where those of one that was killed stay."""

_PATHS = ("output", "report", "kept")
_KEYS = {"schema", "exit_code", "run", "sources"}
_HINT = "choose another folder with --output-dir, or replace it with --overwrite"

Row = dict[str, Any]


@dataclass
class Summary:
    """The rows of a run in the order of its jobs, whichever is done first; a job is missing until it is done."""

    jobs: Sequence[Job]
    output_dir: Path
    run: Mapping[str, str]
    earlier: Sequence[Row] = ()
    html: bool = False
    _rows: dict[Path, Row] = field(default_factory=dict)  # by the source

    @classmethod
    def begin(cls, jobs: Sequence[Job], output_dir: Path, *, overwrite: bool = False, html: bool = False) -> Summary:
        """A run that is to come after those whose summary is there; with `html` it is also written as a page.

        Raises `Failure(ENVIRONMENT)` if that is none, or one of an earlier version, unless it is to be overwritten.
        """
        page = pages.beside(output_dir / NAME)
        if html and not overwrite and not pages.may_write(page):
            raise Failure(Exit.ENVIRONMENT, f"{page} is not a summary of keras2to3, or was changed", _HINT)
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        earlier = [*_earlier(output_dir / NAME, overwrite), *_of_a_killed_run(output_dir / HIDDEN / DONE)]
        return cls(jobs, output_dir, {"id": secrets.token_hex(6), "when": when}, earlier, html)

    def add(self, task: Task) -> None:
        """A job is done."""
        job = task.job
        row = self._rows[job.source] = {**self._place(job), **row_of(task)}
        with contextlib.suppress(OSError), (self.output_dir / HIDDEN / DONE).open("ab") as file:
            file.write(_line(row) + b"\n")  # a summary for each row would take as long as all of them

    @property
    def rows(self) -> Sequence[Row]:
        """Those of this run."""
        return [self._rows.get(job.source) or self._missing_row(job) for job in self.jobs]

    @property
    def path(self) -> Path:
        """Where it is written."""
        return self.output_dir / NAME

    @property
    def document(self) -> Mapping[str, Any]:
        """The summary of this run alone."""
        facts = {"schema": SCHEMA, "exit_code": int(self.exit_code), "run": dict(self.run)}
        return {**facts, "sources": self.rows}

    @property
    def missing(self) -> Sequence[Job]:
        """Jobs that are not done, in order."""
        return [job for job in self.jobs if job.source not in self._rows]

    @property
    def exit_code(self) -> Exit:
        """The highest of all sources of this run; a job that is missing was interrupted."""
        return Exit.INTERRUPTED if self.missing else Exit(max(row["exit_code"] for row in self._rows.values()))

    def write(self, workspace: Path) -> str | None:
        """Write it where the results are. Raises `Failure` if there is no room; a warning, if for its page alone."""
        rows = self.rows
        merged = [*rows, *_standing(self.earlier, rows, self.output_dir)]
        document = _document(self.exit_code, self.run, merged)
        place(document, self.path, workspace)
        (self.output_dir / HIDDEN / DONE).unlink(missing_ok=True)
        return self._write_page(document, workspace)

    def _write_page(self, document: bytes, workspace: Path) -> str | None:
        page, warning = pages.beside(self.path), None
        if self.html:
            try:
                _place(pages.of_summary(document), page, workspace)
            except OSError as error:
                warning = pages.lost(page, error)
        if pages.is_ours(page) and (warning or not self.html):
            page.unlink()  # it is of an earlier run
        return warning

    def _place(self, job: Job) -> Row:
        return {**place_of(job), "run": dict(self.run)}

    def _missing_row(self, job: Job) -> Row:
        found = ownership.previous(job) if job.has_target else ownership.PreviousResult()
        kept = (found.result(job) or job.report) if found.is_complete(job) else None
        facts: Row = {"status": "interrupted", "exit_code": int(Exit.INTERRUPTED), "output": None, "report": None}
        facts.update(kept=kept and str(kept), removed=[], message="interrupted", resumed=False, timing={}, policy=None)
        facts.update(max_abs=None, tolerance=None)
        return {**self._place(job), **facts}


def row_of(task: Task) -> Row:
    """What has become of a source, without its place."""
    report, job = task.report, task.job
    closest = report.verification.closest if report.verification else None
    return {
        "status": report.status,
        "exit_code": int(report.final_code),
        "policy": report.policy and report.policy.to_json(),
        "output": str(job.target) if report.output else None,
        "report": task.reported and str(task.reported),
        "kept": task.kept and str(task.kept),
        "removed": [str(path) for path in task.removed],
        "message": report.error.message if report.error else None,
        "max_abs": closest and json_floats.finite(closest.max_abs),
        "tolerance": closest and closest.tolerance,
        "resumed": task.resumed,
        "timing": json_floats.finite(report.timing),
    }


def place_of(job: Job) -> Row:
    """Which source a row is of, and the name of its results."""
    location = ownership.location_of(job)
    return {"source": str(job.source), "location": location, "name": job.stem if job.has_target else None}


def failed_row(source: str, name: str | None, failure: Failure) -> Row:
    """The row of a source that was not begun."""
    status = {Exit.REFUSED: "refused"}.get(failure.code, "failed")
    facts: Row = {"source": source, "location": source, "name": name, "status": status, "exit_code": int(failure.code)}
    facts.update(dict.fromkeys(("policy", "output", "report", "kept", "max_abs", "tolerance")))
    return {**facts, "removed": [], "message": failure.message, "resumed": False, "timing": {}}


def place(content: bytes, target: Path, workspace: Path) -> None:
    """Write a document in the workspace, then rename. Raises `Failure` if there is no room."""
    try:
        _place(content, target, workspace)
    except OSError as error:
        raise failure_of(error) from error


def _place(content: bytes, target: Path, workspace: Path) -> None:
    durability.write(content, workspace / target.name, target)


def _earlier(path: Path, overwrite: bool) -> Sequence[Row]:
    try:
        document = strictjson.parse(path.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        document = None
    if isinstance(document, dict) and document.get("schema") == SCHEMA and document.keys() == _KEYS:
        return list(document["sources"])
    if overwrite:
        return []
    raise Failure(Exit.ENVIRONMENT, _what(path, document), _HINT)


def _what(path: Path, document: Any) -> str:
    if isinstance(document, dict) and isinstance(document.get("schema"), int) and "sources" in document:
        whose = "an earlier" if document["schema"] < SCHEMA else "a later"
        return f"{path.parent} holds results of {whose} version of keras2to3, which have other names and reports"
    return f"{path} is not a summary of keras2to3, or was changed"


def _of_a_killed_run(path: Path) -> Iterator[Row]:
    """Its last row may be half of one."""
    with contextlib.suppress(OSError):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(ValueError):
                yield strictjson.parse(line)


def _standing(earlier: Sequence[Row], rows: Sequence[Row], output_dir: Path) -> Iterator[Row]:
    """Rows of earlier runs that are not told anew and whose results are there, with paths as this run has them."""
    told = {(row["location"], row["name"]) for row in rows}
    taken = {row["name"] for row in rows if row["report"] and row["report"].endswith(REPORT)}
    newest = {(row["location"], row["name"]): row for row in earlier}
    for key, row in newest.items():
        if key not in told and row["name"] not in taken and row["name"] is not None:
            seen = _as_seen(row, output_dir)
            if _stands(seen):
                yield seen


def _as_seen(row: Row, output_dir: Path) -> Row:
    """The same files, below the output folder as it is called now."""
    folder, _, _ = f"{output_dir}{os.sep}{row['name']}".rpartition(os.sep)
    paths = {key: f"{folder}{os.sep}{os.path.basename(row[key])}" for key in _PATHS if row[key]}  # noqa: PTH119  (of many)
    return {**row, **paths}


def _stands(row: Row) -> bool:
    """Whether its source has a result: its own, that of a run before it, or none because none is needed."""
    result = row["output"] or row["kept"] or (row["report"] if row["status"] == "unchanged" else None)
    return result is not None and all(os.path.lexists(path) for path in (result, row["report"]) if path)


def _document(code: Exit, run: Mapping[str, str], rows: Sequence[Row]) -> bytes:
    """Strict JSON with a row on each line, as of many runs there may be many."""
    lines = b",\n    ".join(map(_line, rows))
    head = f'{{\n  "exit_code": {int(code)},\n  "run": {json.dumps(run)},\n  "schema": {SCHEMA},\n  "sources": [\n    '
    return head.encode("ascii") + lines + b"\n  ]\n}\n"


def _line(row: Row) -> bytes:
    return json.dumps(row, sort_keys=True, allow_nan=False).encode("ascii")
