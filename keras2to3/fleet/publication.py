"""Put the results of a shard into the target, where other runs and readers may be at the same time.

A shard migrates into a folder of its own, which has the reports that the target has for its sources, and an empty file
in the place of each result. So what decides in every run which earlier result stays, and which one goes, decides here
as well, and afterwards the target is changed as the folder was. The report comes last, and only where its place still
holds what the shard has seen: of two runs one wins, and the other one knows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from interchange.errors import Exit, Failure
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.locations import Locations, origin
from keras2to3.fleet.stores.registry import SCHEME, Registry
from keras2to3.fleet.stores.store import Store
from keras2to3.options.by_source import OptionsBySource
from keras2to3.options.commands import Options
from keras2to3.reports.report import Report
from keras2to3.reports.summary import Row, place_of, row_of
from keras2to3.results import pages
from keras2to3.results.job import BUNDLE, FAILED, FAILED_PAGE, PAGE, REPORT, Job
from keras2to3.results.resume import EarlierRuns, ending_of
from keras2to3.task_state import Task

_OF_REPORTS = (REPORT, FAILED, PAGE, FAILED_PAGE)
_SAME = ("status", "made_with", "output")


@dataclass
class _Name:
    """What the target has for a name: the version of its report, and by ending the stand-ins for its other files."""

    entry: Entry
    version: str | None = None
    stand_ins: dict[str, tuple[int, int]] = field(default_factory=dict)


class Publication:
    """The results of a shard, which are migrated as `earlier` says, between its folders and the target."""

    def __init__(self, target: Store, earlier: EarlierRuns, locations: Locations) -> None:
        self._target, self._earlier, self._locations = target, earlier, locations
        self._options = OptionsBySource(earlier.run)
        self._names: dict[str, _Name] = {}

    def finished(self, entry: Entry) -> Row | None:
        """The row of a source that an earlier run has done, whose files are not read; None if it is to be done."""
        for number, (path, name) in enumerate(entry.paths(self._locations.sources).items()):
            options = self._options.of(path)
            job = Job(path, self._locations.results, name, ending=options.output.ending)
            report, version = self._report(name)
            if number == 0 and report is not None and not options.force and self._is_current(entry, report, options):
                return self._resumed(Task.of(job, options), entry, report)
            known = self._names[name] = _Name(entry, version)
            if report is not None:
                self._mirror(job, known, report)
            elif version is not None:
                _stand_in(job, REPORT, known)  # a file of somebody else's
        return None

    def publish(self, task: Task) -> None:
        """Change the target as the folder of results was changed for a source. Raises OSError.

        Raises `Failure(ENVIRONMENT)` if another run has written something else since.
        """
        job, known = task.job, self._names.get(task.job.stem)
        if known is None or not job.has_target:
            return
        found = {ending: state for ending in _endings(job) if (state := _state(job.path(ending)))}
        new = [ending for ending, state in found.items() if state != known.stand_ins.get(ending)]
        if REPORT in new:
            self._require_first(task, known)
        for ending in known.stand_ins.keys() - found.keys():
            self._target.delete(f"{job.stem}{ending}")
        for ending in new:
            if ending not in _OF_REPORTS:
                self._target.upload(f"{job.stem}{ending}", job.path(ending))
        for ending in (FAILED, REPORT):
            if ending in new:
                self._publish_report(task, known, ending)
        _tell(known.entry, self._locations.told({**place_of(job), **row_of(task)}, known.entry))

    def told(self, row: Row) -> Row:
        """A row with the places that a user knows."""
        known = self._names.get(row["name"] or "")
        return row if known is None else self._told(row, known.entry)

    def _told(self, row: Row, entry: Entry) -> Row:
        own = {"source": entry.source, "location": self._locations.location(entry)}
        return {**self._locations.told(row, entry), **own}

    def _publish_report(self, task: Task, known: _Name, ending: str) -> None:
        job, key = task.job, f"{task.job.stem}{ending}"
        own = Report.from_bytes(job.path(ending).read_bytes())
        report = self._locations.published(own, known.entry)
        page = PAGE if ending == REPORT else FAILED_PAGE
        if pages.is_ours(job.path(page)):
            self._target.write(f"{job.stem}{page}", pages.of_report(report, task.details, job.path(ending).name))
        if ending == FAILED:
            self._target.write(key, report.to_bytes())
            return
        if known.version is None:
            is_written = self._target.create(key, report.to_bytes())
        else:
            is_written = self._target.replace(key, report.to_bytes(), known.version)
        if not is_written:
            self._require_same(job.stem, report)
        elif known.version is not None:
            for stale in (FAILED, FAILED_PAGE):
                self._target.delete(f"{job.stem}{stale}")

    def _require_first(self, task: Task, known: _Name) -> None:
        """Raise `Failure(ENVIRONMENT)` if another run has written a report since, and not the same one.

        So a run that is later by more than a moment replaces no result of the one that was first.
        """
        if self._report(task.job.stem)[1] != known.version:
            own = Report.from_bytes(task.job.report.read_bytes())
            self._require_same(task.job.stem, self._locations.published(own, known.entry))

    def _require_same(self, name: str, report: Report) -> None:
        """Raise `Failure(ENVIRONMENT)` if what another run has written meanwhile is not the same."""
        other, _ = self._report(name)
        if other is None or any(getattr(other, fact) != getattr(report, fact) for fact in _SAME):
            text = f"{self._target.url}/{name}{REPORT}: another run writes here, with other options or sources"
            raise Failure(Exit.ENVIRONMENT, text, "let one run at a time write there, or choose another target")

    def _report(self, name: str) -> tuple[Report | None, str | None]:
        """The report in the target and its version; a file that is none of ours has a version alone."""
        try:
            content, version = self._target.read(f"{name}{REPORT}")
        except FileNotFoundError:
            return None, None
        try:
            return Report.from_bytes(content), version
        except ValueError:
            return None, version

    def _is_current(self, entry: Entry, report: Report, options: Options) -> bool:
        """Whether the source is that of the report, and everything else that a result depends on is the same."""
        return (
            report.error is None
            and report.source.get("origin") == origin(entry)
            and report.made_with == self._earlier.made_with(options)
            and self._earlier.has_versions(report.environments)
        )

    def _resumed(self, task: Task, entry: Entry, report: Report) -> Row:
        task.resume(task.job, report)
        task.decide()
        row = self._told({**place_of(task.job), **row_of(task)}, entry)
        _tell(entry, row)
        return row

    def _mirror(self, job: Job, known: _Name, report: Report) -> None:
        """Put the report of an earlier run into the folder of results, and what stands for its result."""
        _stand_in(job, REPORT, known, self._locations.here(report, known.entry, job).to_bytes())
        if report.output is not None:
            _stand_in(job, ending_of(job, report), known)
            if report.output.bundle:
                _stand_in(job, BUNDLE, known)


def _tell(entry: Entry, row: Row) -> None:
    """Tag the version in a registry that a source is of with what its row says; other stores have no such place.

    Raises OSError.
    """
    if urlsplit(entry.store).scheme == SCHEME and entry.files:
        first = next(iter(entry.files.values()))
        Registry(entry.store).mark(
            first.key, {"status": row["status"], "result": row["output"], "report": row["report"]}
        )


def _endings(job: Job) -> list[str]:
    """The endings of all files that a job may write."""
    return [path.name[len(job.path("").name) :] for path in job.outputs()]


def _stand_in(job: Job, ending: str, known: _Name, content: bytes = b"") -> None:
    path = job.path(ending)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    state = _state(path)
    assert state is not None
    known.stand_ins[ending] = state


def _state(path: Path) -> tuple[int, int] | None:
    """What changes when a file is written anew; None if it does not exist."""
    try:
        facts = path.lstat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns
