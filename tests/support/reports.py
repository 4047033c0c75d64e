"""Made-up reports and tasks that are done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from interchange.errors import Problem, refused
from interchange.messages.verification import OutputComparison, unproven
from keras2to3.options.commands import Options
from keras2to3.reports.report import Report
from keras2to3.results.job import Job
from keras2to3.task_state import Task

JOB = Job(Path("models/a.h5"), Path("migrated"), "a")
OUTPUTS = (OutputComparison("a", (17,), "float32", 2e-7, 2e-7, 1e-6, equal=True),)
VERIFICATION = replace(unproven(""), reference="original", why=None, outputs=OUTPUTS, samples=17, numbers=3410)


def verified(strength: str = "full", **more: Any) -> Report:
    return Report({}, "verified", verification=replace(VERIFICATION, strength=strength, **more))


def refusal() -> Report:
    report = Report({})
    report.fail(refused([Problem("net/code", "Lambda", "bytecode", "function", "x", "Rebuild it.")], "no", "a hint"))
    return report


def migrated(job: Job, report: Report, **facts: Any) -> Task:
    found = Task.of(job, Options((job.source,), job.output_dir))
    found.report, found.reported = report, job.report
    for name, value in facts.items():
        setattr(found, name, value)
    return found
