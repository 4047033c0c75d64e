"""What is known of one source while it is migrated: its job, its scan, and the report that grows with every stage."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from interchange.errors import Exit, failure_of
from interchange.messages.changes import Change
from interchange.messages.details import Details
from interchange.messages.message import Message
from interchange.messages.results import DescribeResult, ImportResult, Needs, VerifiedModel, WriteResult, timing_of
from keras2to3.formats import Output
from keras2to3.options.commands import RollbackOptions
from keras2to3.policy import Policy
from keras2to3.reports.report import Report
from keras2to3.results.job import Job
from keras2to3.routes import FALL_BACK_ON, GRAPH, WHOLE, Route, structural_change, why_graph
from keras2to3.scanner.process.messages import ScanRequest, ScanResult
from keras2to3.source_file import SourceFile

if TYPE_CHECKING:
    from keras2to3.executors.worker import Worker
    from keras2to3.folders import Folders
    from keras2to3.options.commands import Options
    from keras2to3.scanner.process.client import Scanner

STAGES = {"keras2": "export", "keras3": "import"}
"""The stage that each environment is used in."""
ORIGIN = "origin.keras"
"""What the copy is called of a file that a source was trained from."""


@dataclass(frozen=True)
class Result:
    """A new model that was verified, where no worker writes.

    `needs` is what of the user's file it is opened with; None if stock Keras opens it.
    """

    path: Path
    sha256: str
    output: Output
    needs: Needs | None


@dataclass
class Task:
    """A job and what has become of it so far.

    `route` and `scanned` are None until the scan has passed the source. `result` is the new model, once it is
    verified; None if it is not, or if the source needs none. `details` are for the page of the report, and `needs` is
    what of the user's file a model that the exporter has written is opened with. `resumed` tells that an earlier run
    has done the job. `reported` is where the report lies, and `lost_page` a warning if its page could not be written.
    `kept` is the result of an earlier run that stays, `removed` those that went.
    """

    job: Job
    options: Options
    request: ScanRequest
    report: Report = field(init=False)
    source: SourceFile = field(init=False)
    route: Route | None = None
    scanned: ScanResult | None = None
    result: Result | None = None
    details: Details | None = None
    needs: Needs | None = None
    resumed: bool = False
    reported: Path | None = None
    lost_page: str | None = None
    kept: Path | None = None
    removed: Sequence[Path] = ()

    def __post_init__(self) -> None:
        self.report = Report.before_scan(self.request)
        self.source = SourceFile(self.job.source, self.request.architecture)

    @classmethod
    def of(cls, job: Job, options: Options) -> Task:
        """The task of a job with the options of a run."""
        return cls(job, options, ScanRequest.of(job.source, job.architecture, options))

    @property
    def is_waiting(self) -> bool:
        """Whether there is something to do in the next stage."""
        return not self.resumed and self.report.error is None

    @property
    def granted(self) -> list[Path]:
        """What the exporter has to read of a source that the scan has passed."""
        is_exported = self.is_waiting and self.route is not None and not self.route.lends_source
        return self.source.read_by_workers if is_exported else []

    @property
    def output(self) -> Output:
        """What is written."""
        assert self.route is not None
        return self.route.output(self.options.format)

    @property
    def draft_name(self) -> str:
        """What the worker calls the new model."""
        return f"model{self.job.ending}"

    @property
    def lent_name(self) -> str:
        """What the copy of a source is called that the importer reads."""
        assert self.scanned is not None
        return f"model.{self.scanned.format}"

    def lend(self, folders: Folders) -> None:
        """Copy the source, and what it was trained from, to where the importer reads them."""
        self.source.copy(folders.lent / self.lent_name)
        if self.origin is not None:
            shutil.copyfile(self.origin, folders.lent / ORIGIN)

    @property
    def seconds(self) -> float:
        """The time of all stages, without that in which others had their turn."""
        return round(sum(self.report.timing.get(name, 0.0) for name in ("scan", *STAGES.values())), 3)

    def resume(self, job: Job, report: Report) -> None:
        """Take over what an earlier run has left, which stays as it is."""
        self.job, self.report, self.resumed, self.reported = job, report, True, job.report

    def record_scan(self, scanned: ScanResult, route: Route) -> None:
        """Record what the scan has found, and which route the source takes."""
        self.scanned = scanned
        self.report.tell(scanned)
        self._take(route)
        if route.note:
            self.report.add(structural_change(route.name, route.note))

    def start_again(self, route: Route) -> None:
        """Begin anew along another route with what the scan has found; the report says why."""
        assert self.scanned is not None
        failed, self.report = self.report, Report.before_scan(self.request)
        self.details = None
        self.report.tell(self.scanned)
        self.report.timing["scan"] = failed.timing["scan"]
        self.report.add(why_graph(failed, self.request.serve))
        self._take(route)

    def fallback(self, route: Route) -> Route | None:
        """The route of a SavedModel that could not be rebuilt, if the user allows it or its class is unknown."""
        if route is not WHOLE or self.scanned is None or self.scanned.format != "savedmodel":
            return None
        is_allowed = self.request.part is None and (self.request.serve or self.scanned.is_on_trial)
        return GRAPH if is_allowed and self.report.exit_code in FALL_BACK_ON else None

    def _take(self, route: Route) -> None:
        self.route = route
        self.job = replace(self.job, ending=self.output.ending)

    @property
    def origin(self) -> Path | None:
        """What `migrate` wrote and the source was trained from, if the user names it."""
        return self.options.origin if isinstance(self.options, RollbackOptions) else None

    def digest(self, scanner: Scanner) -> None:
        """Record what exactly was scanned. Raises `Failure` if it is no longer that."""
        self.source.digest(scanner)
        self.report.source["sha256"] = self.source.sha256
        if self.source.architecture:
            row = {"path": str(self.source.architecture), "sha256": self.source.architecture_sha256}
            self.report.source["architecture"] = row
        self.source.require_unchanged()

    def copy_into_draft(self, route: Route, folder: Path) -> None:
        """Copy the source to where the result is made of it, on a route on which it is."""
        if route.needs_source:
            self.source.copy(folder / self.draft_name / "saved_model")

    @contextlib.contextmanager
    def recording(self, stage: str) -> Iterator[None]:
        """A stage, whose time and failure are recorded. One failing source does not affect the others."""
        begun = time.monotonic()
        try:
            yield
        except Exception as error:  # noqa: BLE001  (whatever it is, it is this source's)
            failure = failure_of(error, self.job.source)
            self.report.fail(failure)
            if details := failure.detail.get("details"):
                self.details = Details.from_json(details)
        finally:
            self.report.timing[stage] = round(time.monotonic() - begun, 3)

    @contextlib.contextmanager
    def recording_worker(self, environment: str, worker: Worker) -> Iterator[Worker]:
        """A worker while it is asked; its versions, its sandbox and what it costs are recorded, also if it fails."""
        try:
            yield worker
        finally:
            self.report.environments[environment] = {**worker.versions, **worker.sandbox}
            cost = {"wait": round(worker.waited, 3), **worker.memory()}
            self.report.timing.update({f"{STAGES[environment]}.{name}": value for name, value in cost.items()})

    def draw(self, scanner: Scanner) -> None:
        """Have the model drawn by what its file says, for a page on which it would not be shown otherwise."""
        is_drawn = self.details is not None and self.details.before is not None
        is_wanted = self.options.html and self.job.has_target and not self.resumed and not is_drawn
        if is_wanted and (picture := scanner.picture(self.request)):
            self.details = replace(self.details or Details(), before=picture)

    def decide(self) -> None:
        """Record the decision of the policy on what the report says by now."""
        self.report.policy = Policy.of(self.options.allow, self.options.fail_on).decide(self.report)

    def record_times(self, stage: str, answer: Message) -> None:
        """Record the seconds of each part of a stage, as the worker has measured them."""
        self.report.timing.update({f"{stage}.{part}": seconds for part, seconds in timing_of(answer).items()})

    def record_export(self, answer: Message) -> None:
        """Record what the exporter has measured, and what it has changed and restored if it has written a model."""
        self.record_times("export", answer)
        if isinstance(answer, WriteResult):
            self.report.add(*answer.changes)
            self.report.tell_training(answer.training)
            self.needs = answer.needs

    def record_description(self, described: DescribeResult) -> None:
        """Record what has changed in a model of Keras 3 since `migrate` wrote it."""
        self.record_times("describe", described)
        self.report.add(*described.changes)

    def record_import(self, model: VerifiedModel) -> None:
        """Record what the importer has changed, compared and restored."""
        self.record_times("import", model)
        self.report.add(*model.changes)
        self.details = model.details
        if self.report.training is None:
            self.report.tell_training(model.training if isinstance(model, ImportResult) else None)
        self.report.verification, self.report.weights = model.verification, model.weights
        if different := model.verification.training and model.verification.training.different:
            text = f"trained further, it differs: {different.kind} {different.name}: {different.reason}"
            self.report.add(Change("", "training", "training-only", text))

    @property
    def was_interrupted(self) -> bool:
        """Whether the run was stopped while a worker had the source."""
        return self.report.exit_code is Exit.INTERRUPTED
