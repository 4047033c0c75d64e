"""What exists where the results of a source go: nothing, a result of the same source, or something to preserve."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange.errors import Exit, Failure
from keras2to3.formats import RESULT_ENDINGS
from keras2to3.reports.report import SCHEMA, sealed
from keras2to3.results import pages
from keras2to3.results.job import Job
from keras2to3.results.plan import location
from keras2to3.scanner.model_files import digest_of

if TYPE_CHECKING:
    from keras2to3.options.commands import Options

_KEYS = {"schema", "source", "output", "error", "made_with", "environments"}
_HINT = "move it away, or choose another folder with --output-dir"
WAYS_OUT = "choose another folder with --output-dir, or replace it with --overwrite"
"""What the user can do about a file in the place of a result."""


@dataclass(frozen=True)
class PreviousResult:
    """What earlier runs have left for a source.

    `facts` are those of the report of a result, whichever source it is of; None where there is none of ours. `is_own`
    says that it is of the same source.
    """

    facts: Mapping[str, Any] | None = None
    is_own: bool = False

    def is_complete(self, job: Job) -> bool:
        """Whether the source has a result: one that exists, or none if it needs none."""
        if not self.is_own or self.facts is None or self.facts["error"] is not None:
            return False
        return self.facts["output"] is None or self.result(job) is not None

    def result(self, job: Job) -> Path | None:
        """The result that the report names, if it exists."""
        ending = self._ending(job)
        return job.path(ending) if ending and os.path.lexists(job.path(ending)) else None

    def bundle(self, job: Job) -> Path | None:
        """The bundle that the report names, if it exists."""
        has_bundle = self.facts is not None and (self.facts["output"] or {}).get("bundle", False)
        return job.bundle if has_bundle and os.path.lexists(job.bundle) else None

    def _ending(self, job: Job) -> str | None:
        name = Path(str(((self.facts or {}).get("output") or {}).get("path"))).name
        return next((ending for ending in RESULT_ENDINGS if job.path(ending).name == name), None)


def previous(job: Job) -> PreviousResult:
    """The previous result, by the report beside it."""
    facts = _facts(job.report)
    if facts is None:
        return PreviousResult()
    return PreviousResult(facts, facts["schema"] == SCHEMA and _is_of(facts, job))


def may_write(report: Path) -> bool:
    """Whether the report of a failure may be written here: to a free path, or over another report."""
    return not os.path.lexists(report) or _facts(report) is not None


def location_of(job: Job) -> str:
    """The path of the source relative to the results, which stays the same if both are moved together."""
    return Path(os.path.relpath(location(job.source), os.path.realpath(job.output_dir))).as_posix()


def with_conflicts(job: Job, options: Options) -> Job:
    """The job, with a failure if it would replace anything but a result of the same source."""
    if job.failure is not None:
        return job
    if blocked := _blocked(job):
        return replace(job, failure=blocked, has_target=False)
    text = None if options.overwrite else next(_conflicts(job, options), None)
    return replace(job, failure=Failure(Exit.ENVIRONMENT, text, WAYS_OUT)) if text else job


def _conflicts(job: Job, options: Options) -> Iterator[str]:
    """Reasons why a job must not write its results."""
    existing = previous(job)
    if existing.facts is not None and existing.facts["schema"] != SCHEMA:
        whose = "an earlier" if existing.facts["schema"] < SCHEMA else "a later"
        yield f"{job.report} is of {whose} version of keras2to3"
    elif existing.facts is not None and not existing.is_own:
        yield f"{job.report} is that of another source, {existing.facts['source']['path']}"
    elif existing.facts is None and os.path.lexists(job.report):
        yield f"{job.report} is not a report of keras2to3, or was changed"
    if os.path.lexists(job.target) and existing.result(job) != job.target:
        yield f"{job.target} exists and is not a result of keras2to3: it has no report"
    if options.html and not pages.may_write(job.page):
        yield f"{job.page} is not a page of keras2to3, or was changed"
    if options.keep_bundles and os.path.lexists(job.bundle) and existing.bundle(job) is None:
        yield f"{job.bundle} exists and is not a bundle of keras2to3: it has no report"


def _blocked(job: Job) -> Failure | None:
    """The failure if a path to the result leads over something other than folders, such as a link."""
    place = job.output_dir
    for name in job.stem.split("/")[:-1]:
        place = place / name
        try:
            mode = place.lstat().st_mode
        except FileNotFoundError:
            return None
        except OSError as error:
            return Failure(Exit.ENVIRONMENT, f"{job.target}: cannot be written: {error.strerror}", _HINT)
        if not stat.S_ISDIR(mode):
            what = "a link, which may lead out of the folder of results" if stat.S_ISLNK(mode) else "no folder"
            text = f"{job.target}: cannot be written: {place} is {what}"
            return Failure(Exit.ENVIRONMENT, text, _HINT)
    return None


def _is_of(facts: Mapping[str, Any], job: Job) -> bool:
    """Whether a report is of the source of a job: same location, or same bytes, because a source may have moved."""
    source = facts["source"]
    if source.get("location") == location_of(job):
        return True
    if source["sha256"] is None or not (job.source.is_file() or job.source.is_dir()):  # a pipe would block
        return False
    try:
        return source["sha256"] == digest_of(job.source)  # type: ignore[no-any-return]
    except (OSError, Failure):  # it cannot be read
        return False


def _facts(report: Path) -> Mapping[str, Any] | None:
    try:
        facts = sealed(report.read_bytes()) if stat.S_ISREG(report.lstat().st_mode) else {}
    except (OSError, ValueError):  # none, or not one of ours
        return None
    return facts if facts.keys() >= _KEYS and isinstance(facts["source"], dict) else None
