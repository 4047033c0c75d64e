"""One source on its way: scanned, exported, imported, and what became of it."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure, failure_of
from keras2to3.executors.worker import Worker
from keras2to3.options import Options
from keras2to3.reports.report import Report
from keras2to3.results import collect, file_state
from keras2to3.results.acceptance import NotOursError, accept, require_known
from keras2to3.results.deletion import remove
from keras2to3.results.plan import SERVING, Job
from keras2to3.scanner.containers import digest_of
from keras2to3.scanner.process.client import Scanner
from keras2to3.scanner.process.messages import ScanRequest, ScanResult
from keras2to3.serving import ALONE, INSTEAD, reason

Say = Callable[[str], None]

_STAGES = {"keras2": "export", "keras3": "import"}


@dataclass(frozen=True)
class Places:
    """Where below the workspace a migration works.

    The exporter, in which code of the model may have run, can write `bundle` and nothing else, the importer `folder`
    and nothing else. What lies in `lent` and on the `desk` is the command's: the importer may read what is lent.
    """

    folder: Path
    bundle: Path
    lent: Path
    desk: Path


@dataclass
class Migration:
    """A job, what it is scanned with, and the report that grows with every stage; `places` are set before an export."""

    job: Job
    asked: ScanRequest
    report: Report = field(init=False)
    places: Places = field(init=False)
    scanned: ScanResult | None = field(init=False, default=None)
    lent: Path | None = field(init=False, default=None)  # a model of Keras 3, which may need nothing
    resumed: bool = field(init=False, default=False)  # whether an earlier run has done it
    reported: Path | None = field(init=False, default=None)  # where its report lies
    kept: Path | None = field(init=False, default=None)  # the result of an earlier run that stays as it is
    removed: Sequence[Path] = field(init=False, default=())  # the results that are there no more
    needs: Mapping[str, Any] | None = field(init=False, default=None)  # what of the user's the result is opened with
    sha256: str = field(init=False, default="")  # of the result
    _state: file_state.State = ()

    def __post_init__(self) -> None:
        self.report = self.asked.report()

    @classmethod
    def of(cls, job: Job, options: Options) -> Migration:
        """The migration of a job with the options of a run."""
        return cls(job, ScanRequest.of(job.source, job.architecture, options))

    @property
    def folder(self) -> Path:
        """Where the importer writes."""
        return self.places.folder

    @property
    def bundle(self) -> Path:
        """What the exporter writes."""
        return self.places.bundle

    @property
    def draft(self) -> Path:
        """Where the importer writes the new model."""
        return self.folder / f"model{self.job.ending}"

    @property
    def is_waiting(self) -> bool:
        """Whether there is something to do for the next stage."""
        return not self.resumed and self.report.error is None

    @property
    def reads(self) -> list[Path]:
        """What the exporter has to read of the source, which the scan has passed; nothing where it ended."""
        passed = self.scanned is not None and self.is_waiting and not self.scanned.is_of_keras_3
        return file_state.read_by_workers(self.job.source) if passed else []

    @property
    def seconds(self) -> float:
        """The time of all stages, without that in which others had their turn."""
        return round(sum(self.report.timing.get(name, 0.0) for name in ("scan", *_STAGES.values())), 3)

    @property
    def desk(self) -> Path:
        """Where the command keeps what it publishes."""
        return self.places.desk

    @property
    def result(self) -> Path:
        """The new model, once it is proven."""
        return self.desk / f"model{self.job.ending}"

    def resume(self, job: Job, report: Report) -> None:
        """Take over what an earlier run has left, which stays as it is."""
        self.job, self.report, self.resumed, self.reported = job, report, True, job.report

    def scan(self, scanner: Scanner) -> None:
        """Have the source scanned, which decides whether a worker may read it; whatever goes wrong is in the report."""
        with self._stage("scan"):
            if self.job.failure:
                raise self.job.failure
            self._state = file_state.state_of(self._watched)
            self.scanned = scanner.scan(self.asked)
            self.report.tell(self.scanned)
            if self.scanned.is_graph_alone and self.asked.builder is None:
                self.job = replace(self.job, ending=SERVING)
                self.report.changes.append(ALONE)

    def export(self, start: Callable[[], Worker], scanner: Scanner, options: Options, say: Say) -> None:
        """Have the bundle of what was scanned written; whatever goes wrong is in the report.

        `start` gives the worker, which what the scan refuses never reaches.
        """
        with self._stage("export"):
            assert self.scanned is not None
            self._digest(scanner)
            if self.scanned.is_of_keras_3:
                self._lend()
                return
            worker = start()
            self._tell_time("export", self._ask(worker, "keras2", self._request_of_export(scanner, options), say))
            self._require_plain_bundle(worker)
            self._require_unchanged()
            self._hand_over_folder()
        if self.report.error is not None:
            remove(self.bundle)  # whatever it is, it must not count against the model that is exported next

    def may_be_served(self) -> bool:
        """Whether a SavedModel that cannot be rebuilt shall go on as its graph, and nobody has tried yet."""
        if self.scanned is None or self.report.error is None or self._is_served or not self._may_be_served_if_refused:
            return False
        whole = self.asked.builder is None and self.asked.part is None
        return whole and self.scanned.format == "savedmodel" and self.report.exit_code in INSTEAD

    @property
    def _may_be_served_if_refused(self) -> bool:
        return self.asked.serve or (self.scanned is not None and self.scanned.is_on_trial)

    def serve_instead(self) -> None:
        """Begin anew with what the scan has found, so that the graph goes on; the report says why."""
        assert self.scanned is not None
        failed, self.report = self.report, self.asked.report()
        self.report.tell(self.scanned)
        self.report.timing["scan"] = failed.timing["scan"]
        self.report.changes.append(reason(failed, self.asked.serve))
        self.job = replace(self.job, ending=SERVING)

    def import_(self, start: Callable[[], Worker], scanner: Scanner, options: Options, say: Say) -> None:
        """Have the bundle rebuilt and verified as `draft`, unless something went wrong before."""
        if not self.is_waiting:
            return
        with self._stage("import"):
            request = {
                "target": str(self.draft),
                "rtol": options.rtol,
                "atol": options.atol,
                **self._wanted_of_importer(options),
            }
            found = self._ask(worker := start(), "keras3", request, say)
            self._require_untouched()
            if not found:
                return  # a model of Keras 3 with which all is well
            self.lent = None
            self._tell_time("import", found)
            self.report.changes.extend(found["changes"])
            self.report.verification, self.report.weights = found["verification"], found["weights"]
            self.needs = found.get("needs")
            self._require_asked_graph()
            try:
                self._accept(scanner)
            except NotOursError as error:
                raise worker.distrusted(f"has written {error}") from error
        remove(self.folder)  # as the bundle of an export that failed

    def _require_asked_graph(self) -> None:
        """A model whose class nobody has given is what its layers are only if its graph has said so."""
        assert self.scanned is not None
        told = (self.report.verification or {}).get("graph") or {"agrees": None, "text": "the graph was not run"}
        if self.scanned.is_on_trial and not self._is_served and told["agrees"] is None:
            raise Failure(Exit.REFUSED, f"what its class computes besides its layers is unknown: {told['text']}")

    @property
    def _is_served(self) -> bool:
        """Whether the source is a SavedModel that can only be served."""
        return self.job.ending == SERVING

    @property
    def _watched(self) -> list[Path]:
        """All that must stay as it was scanned until the last worker has read it."""
        described = [self.asked.architecture] if self.asked.architecture else []
        return [path for source in (self.job.source, *described) for path in file_state.read_by_workers(source)]

    def _require_plain_bundle(self, worker: Worker) -> None:
        """A bundle is a folder of plain files, or no worker of ours has written it."""
        try:
            collect.require_plain(self.bundle)
        except collect.NotPlainError as error:
            raise worker.distrusted(f"has written {error} in place of its bundle") from error

    def _require_unchanged(self) -> None:
        file_state.require_same(self._state, self._watched)

    def _require_untouched(self) -> None:
        """What is handed to the user as it was must still be it: the importer may write beside it."""
        copied = self.draft / "saved_model" if self._is_served else self.lent
        if copied is not None and digest_of(copied) != self.report.source["sha256"]:
            text = f"the importer changed its copy of {self.job.source}, so it is not used"
            raise Failure(Exit.WORKER_DIED, text, "Treat this model as hostile.")

    def _digest(self, scanner: Scanner) -> None:
        """Record what exactly was scanned. Raises `Failure` if it is no longer that."""
        self.report.source["sha256"] = scanner.digest(self.job.source)
        if self.asked.architecture:
            digest = scanner.digest(self.asked.architecture)
            self.report.source["architecture"] = {"path": str(self.asked.architecture), "sha256": digest}
        self._require_unchanged()

    def _request_of_export(self, scanner: Scanner, options: Options) -> dict[str, Any]:
        return {
            "source": str(self._real),
            "bundle": str(self.bundle),
            "about": self._about(),
            **self._wanted_of_exporter(scanner),
            "part": self.asked.part,
            "inputs": None if options.inputs is None else str(options.inputs.resolve()),
            "inputs_only": options.inputs_only,
            "budget": options.budget,
        }

    def _wanted_of_exporter(self, scanner: Scanner) -> Mapping[str, Any]:
        assert self.scanned is not None
        if self.asked.builder is not None:
            return {"op": "export-weights", "builder": self.asked.builder.to_json()}
        if self._is_served:
            return {"op": "export-graph"}
        architecture = scanner.architecture(self.asked) if self.scanned.needs_architecture else None
        consent = {"trust": self.asked.trust, "replaced": self.scanned.replaced, "customs": self._customs("keras2")}
        told = {"architecture": architecture, "written_by": self.asked.written_by}
        return {"op": "export", **told, **consent}

    def _wanted_of_importer(self, options: Options) -> Mapping[str, Any]:
        if self.lent is not None:
            return {"op": "open", "source": str(self.lent)}
        assert self.scanned is not None
        bundle = {"bundle": str(self.bundle)}
        if self._is_served:
            return {"op": "serve", **bundle}
        builder = self.asked.builder
        if builder is None:
            return {"op": "import", **bundle, "replaced": self.scanned.replaced, "customs": self._customs("keras3")}
        kind = "weights" if options.format == "weights" else "native"
        given = {"builder": builder.to_json(), "map": dict(options.map), "part": options.part}
        return {"op": "fill", **bundle, **given, "kind": kind}

    def _customs(self, side: str) -> Mapping[str, str] | None:
        return (self.report.custom_objects or {}).get(side)

    def _lend(self) -> None:
        """Copy a model of Keras 3 to where the importer may read it, and no worker write."""
        assert self.scanned is not None
        self._hand_over_folder()
        self.lent = self.places.lent / f"model.{self.scanned.format}"
        self._copy_source(self.lent)

    def _copy_source(self, target: Path) -> None:
        file_state.copy_of(self._real, target, self.report.source["sha256"])

    @property
    def _real(self) -> Path:
        """The source, or what a link leads to that the user has named."""
        return file_state.read_by_workers(self.job.source)[0]

    def _accept(self, scanner: Scanner) -> None:
        """Take over what the importer has written. Raises NotOursError."""
        customs = self.asked.customs
        require_known(self.needs, customs)
        if self.needs:
            self.needs = {**self.needs, "file": (self._customs("keras3") or {})["path"]}
        sound = functools.partial(scanner.result, names=customs.new_names)
        self.sha256 = accept(self.draft, self.result, self._copy_source, sound)

    def _hand_over_folder(self) -> None:
        """Give the importer its folder, in one step: it may be there already, and put links where we would write."""
        made = self.desk / "draft"
        made.mkdir(parents=True)
        if self._is_served:
            self._copy_source(made / self.draft.name / "saved_model")
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        made.rename(self.folder)

    @contextlib.contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except Exception as error:  # noqa: BLE001  (a source that fails costs itself alone)
            self.report.fail(failure_of(error, self.job.source))
        finally:
            self.report.timing[name] = round(time.monotonic() - begun, 3)

    def _tell_time(self, name: str, found: Mapping[str, Any]) -> None:
        """What a worker has taken for each of its stages, which together are less than the stage it is asked in."""
        self.report.timing.update({f"{name}.{part}": seconds for part, seconds in found.get("timing", {}).items()})

    def _ask(self, worker: Worker, environment: str, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
        try:
            return worker.ask(request, say)
        finally:
            self.report.environments[environment] = {**worker.versions, **worker.sandbox}
            cost = {"wait": round(worker.waited, 3), **worker.memory()}
            self.report.timing.update({f"{_STAGES[environment]}.{name}": value for name, value in cost.items()})

    def _about(self) -> Mapping[str, Any]:
        """What the bundle says of the source."""
        told = {key: self.report.source[key] for key in ("sha256", "format", "saved_by")}
        return {"name": self.job.source.name, **told}
