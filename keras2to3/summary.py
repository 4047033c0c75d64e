"""`summary.json`: one row a source, also for those that were never reached, and the exit code."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interchange.errors import Exit, failure_of
from keras2to3.migration import Migration
from keras2to3.outputs import Job
from keras2to3.report import to_bytes

SCHEMA = 1
NAME = "summary.json"


@dataclass
class Summary:
    """The rows of a run in the order of its jobs, whichever is done first; a job is missing until it is done."""

    jobs: Sequence[Job]
    _rows: dict[Path, dict[str, Any]] = field(default_factory=dict)  # by the report, which no two jobs share

    def add(self, migration: Migration) -> None:
        """A job is done."""
        report, job = migration.report, migration.job
        self._rows[job.report] = {
            "source": str(job.source),
            "status": report.status,
            "exit_code": int(report.exit_code),
            "output": report.output and report.output["path"],
            "report": str(job.report),
            "resumed": migration.resumed,
            "timing": report.timing,
        }

    @property
    def missing(self) -> Sequence[Job]:
        """Jobs that are not done, in order."""
        return [job for job in self.jobs if job.report not in self._rows]

    @property
    def exit_code(self) -> Exit:
        """The highest of all sources; a job that is missing was interrupted."""
        return Exit.INTERRUPTED if self.missing else Exit(max(row["exit_code"] for row in self._rows.values()))

    def write(self, output_dir: Path, workspace: Path) -> None:
        """Write it where the results are. Raises `Failure` if there is no room."""
        rows = [self._rows.get(job.report) or _missing_row(job) for job in self.jobs]
        document = {"schema": SCHEMA, "exit_code": int(self.exit_code), "sources": rows}
        place(to_bytes(document), output_dir / NAME, workspace)


def place(content: bytes, target: Path, workspace: Path) -> None:
    """Write a document in the workspace, then rename. Raises `Failure` if there is no room."""
    try:
        (workspace / target.name).write_bytes(content)
        os.replace(workspace / target.name, target)
    except OSError as error:
        raise failure_of(error) from error


def _missing_row(job: Job) -> dict[str, Any]:
    facts = {"source": str(job.source), "status": "interrupted", "exit_code": int(Exit.INTERRUPTED)}
    return {**facts, "output": None, "report": None, "resumed": False, "timing": {}}
