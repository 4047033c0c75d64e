"""Whether an earlier run has already produced a result: same source, options, code and versions, nothing altered."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from interchange.errors import Failure
from keras2to3 import install_paths
from keras2to3.environments import installed_versions
from keras2to3.formats import SERVING
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.reports.report import Report, to_bytes
from keras2to3.results import pages
from keras2to3.results.job import Job
from keras2to3.results.ownership import location_of
from keras2to3.scanner.model_files import digest_file, digest_of
from keras2to3.version import __version__


@dataclasses.dataclass(frozen=True)
class EarlierRuns:
    """What earlier runs have left in the output folder, as far as this run, with the options `run`, does the same."""

    run: Options
    _asked: dict[tuple[str, frozenset[str]], Mapping[str, str]] = dataclasses.field(default_factory=dict)
    _made_with: dict[Options, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    def made_with(self, options: Options) -> Mapping[str, Any]:
        """What a result depends on besides its source and the environments; read once for the same options."""
        if options not in self._made_with:
            self._made_with[options] = made_with(options, self._code)
        return self._made_with[options]

    @cached_property
    def _code(self) -> str:
        return install_paths.digest()

    def prepare(self) -> None:
        """Read all our files, on which a result depends, while there is nothing else to do."""
        assert self._code

    def finished(self, job: Job, options: Options) -> tuple[Job, Report] | None:
        """The job with the ending that its result has, and the report; None if it has to be done."""
        if options.force or job.failure or not job.report.exists():
            return None
        try:
            report = Report.from_bytes(job.report.read_bytes())
            job = dataclasses.replace(job, ending=ending_of(job, report))
            return (job, report) if self._is_current(job, report, options) else None
        except (
            OSError,
            ValueError,
            LookupError,
            TypeError,
            Failure,
        ):  # unreadable, altered, or gone: whatever it is, it is made anew
            return None

    def _is_current(self, job: Job, report: Report, options: Options) -> bool:
        """Whether all that was read and written is as it was; what costs most comes last."""
        return (
            report.error is None
            and report.made_with == self.made_with(options)
            and report.source["location"] == location_of(job)
            and self.has_versions(report.environments)
            and _has_same_architecture(job, report)
            and report.source["sha256"] == digest_of(job.source)
            and _has_result(job, report)
            and (not options.html or pages.is_ours(job.page))
            and (not options.keep_bundles or report.output is None or _is_valid_bundle(job.bundle))
        )

    def has_same_options(self, facts: Mapping[str, Any], options: Options) -> bool:
        """Whether the options and environments are those of a report, so that another answer is a newer one."""
        same = facts["made_with"].get("options") == self.made_with(options)["options"]
        return same and self.has_versions(facts["environments"])

    def has_versions(self, environments: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether the environments contain what a report lists; the sandbox does not affect a result."""
        for name, facts in environments.items():
            recorded = {key: facts[key] for key in facts.keys() - {"box"}}
            if self._versions(name, frozenset(recorded)) != recorded:
                return False
        return True

    def _versions(self, environment: str, names: frozenset[str]) -> Mapping[str, str]:
        """Read once in a run; empty for an environment that this run does not use."""
        key = environment, names
        if key not in self._asked:
            python = {"keras2": self.run.keras2_python, "keras3": self.run.keras3_python}.get(environment)
            self._asked[key] = installed_versions.versions(python, names - {"python"}) if python else {}
        return self._asked[key]


def made_with(options: Options | CheckOptions, code: str | None = None) -> Mapping[str, Any]:
    """What comes of a source depends on this besides; `code` is the digest of our files, if it is known."""
    shaping = {name: option_to_json(value) for name, value in options.shaping().items()}
    facts = {"keras2to3": __version__, "code": code or install_paths.digest(), "options": shaping}
    return dict(json.loads(to_bytes(facts)))  # as a report that was read has it


def ending_of(job: Job, report: Report) -> str:
    """That a SavedModel goes on as its graph shows only when it is scanned."""
    return SERVING.ending if report.output and report.output.kind == SERVING.kind else job.ending


def _has_same_architecture(job: Job, report: Report) -> bool:
    """Whether the architecture is the one that was used; a builder function counts as an option."""
    recorded = report.source["architecture"] or {}
    if job.architecture is None:
        return not recorded or "function" in recorded
    return recorded.get("sha256") == digest_of(job.architecture)


def _has_result(job: Job, report: Report) -> bool:
    """Whether the result is there, byte for byte; a model of Keras 3 has none."""
    output = report.output
    return output is None or (Path(output.path).name == job.target.name and output.sha256 == digest_of(job.target))


def _is_valid_bundle(bundle: Path) -> bool:
    """Raises `Failure` if it does not."""
    from interchange.bundle import Bundle  # late: NumPy takes longer to import than all of ours

    Bundle.open(bundle)
    return True


def option_to_json(value: Any) -> Any:
    """An option as JSON. A file counts by its content, wherever it lies; one that cannot be read has none."""
    if isinstance(value, Path):
        try:
            return {"sha256": digest_file(value)}
        except OSError:
            return {"sha256": None}
    if dataclasses.is_dataclass(value):
        return {one.name: option_to_json(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return [option_to_json(item) for item in value] if isinstance(value, (tuple, list)) else value
