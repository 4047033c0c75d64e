"""Reports and summaries that were written before their parts were messages, as `written_before` holds them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3.options.commands import Options
from keras2to3.reports.report import Report, sealed, to_bytes
from keras2to3.reports.report import _seal as seal
from keras2to3.reports.summary import Summary
from keras2to3.results.job import Job
from keras2to3.results.ownership import with_conflicts

REPORTS = sorted((Path(__file__).parent / "written_before").glob("*.report.json"))
ROW: dict[str, Any] = {
    "exit_code": 0, "kept": None, "location": "../a.h5", "message": None, "name": "a", "output": "out/a.keras",
    "removed": [], "report": "out/a.report.json", "resumed": False,
    "run": {"id": "b4458eefd71e", "when": "2026-11-30T04:51:04Z"}, "source": "a.h5", "status": "verified",
    "timing": {"export": 2.981, "scan": 0.014},
}  # fmt: skip


def test_there_are_reports_of_every_kind() -> None:
    statuses = {Report.from_bytes(path.read_bytes()).status for path in REPORTS}
    assert statuses == {"verified", "restored", "refused", "differs"}


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.name)
def test_a_report_is_read_and_written_again_byte_for_byte(path: Path) -> None:
    assert Report.from_bytes(path.read_bytes()).to_bytes() == path.read_bytes()


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a later schema with another key": lambda facts: facts.update(schema=3, training={}),
    "a key that nobody knows": lambda facts: facts["verification"].update(oracle="numpy"),
    "a key that is missing": lambda facts: facts["verification"].pop("strength"),
    "a text where rows are": lambda facts: facts["verification"].update(outputs="equal"),
    "a row of another kind": lambda facts: facts["changes"].append("said otherwise"),
    "a number where a message is": lambda facts: facts.update(weights=1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_report_that_means_something_else_is_not_read(change: str) -> None:
    facts = sealed((Path(__file__).parent / "written_before" / "verified.report.json").read_bytes())
    CHANGES[change](facts)
    with pytest.raises(ValueError, match="a report of another version"):
        Report.from_bytes(to_bytes({**facts, "seal": seal(facts)}))


@pytest.mark.parametrize(("schema", "whose"), [(1, "an earlier"), (3, "a later")])
def test_what_another_version_has_written_is_named_and_not_replaced(tmp_path: Path, schema: int, whose: str) -> None:
    facts = {**sealed(REPORTS[0].read_bytes()), "schema": schema}
    (tmp_path / "a.report.json").write_bytes(to_bytes({**facts, "seal": seal(facts)}))
    job = with_conflicts(Job(tmp_path / "a.h5", tmp_path, "a"), Options((), tmp_path))
    assert job.failure
    assert (job.failure.code, "--overwrite" in str(job.failure.hint)) == (Exit.ENVIRONMENT, True)
    assert f"is of {whose} version of keras2to3" in job.failure.message
    assert with_conflicts(Job(tmp_path / "a.h5", tmp_path, "a"), Options((), tmp_path, overwrite=True)).failure is None


def written(folder: Path, schema: int) -> None:
    summary = {"exit_code": 0, "run": ROW["run"], "schema": schema, "sources": [ROW]}
    (folder / "summary.json").write_text(json.dumps(summary))


def test_the_rows_of_a_summary_are_read(tmp_path: Path) -> None:
    written(tmp_path, 2)
    assert Summary.begin([], tmp_path).earlier == [ROW]


def test_a_summary_of_a_later_version_is_refused_by_name(tmp_path: Path) -> None:
    written(tmp_path, 3)
    with pytest.raises(Failure, match="a later version of keras2to3") as caught:
        Summary.begin([], tmp_path)
    assert (caught.value.code, "--overwrite" in str(caught.value.hint)) == (Exit.ENVIRONMENT, True)
    assert Summary.begin([], tmp_path, overwrite=True).earlier == []
