"""One source on its way: looked at, exported, imported, and what became of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange.builders import Builder
from interchange.errors import failure_of
from interchange.replacements import Replacement
from keras2to3.customs import NO_FILES, CustomFiles
from keras2to3.options import Options
from keras2to3.outputs import SERVING, Job
from keras2to3.report import Report
from keras2to3.worker import Worker

if TYPE_CHECKING:
    from keras2to3.look import Look

Say = Callable[[str], None]

_STAGES = {"keras2": "export", "keras3": "import"}


@dataclass
class Migration:
    """A job, its places below the workspace, and the report that grows with every stage.

    The exporter, in which code of the model may have run, can write its `bundle` and nothing in `folder`.
    """

    job: Job
    folder: Path
    bundle: Path
    trust: bool = False
    replace: Sequence[Replacement] = ()
    builder: Builder | None = None
    customs: CustomFiles = NO_FILES
    report: Report = field(init=False)
    lent: Path | None = field(init=False, default=None)  # a model of Keras 3, which may need nothing
    resumed: bool = field(init=False, default=False)  # whether an earlier run has done it
    started: float = field(default_factory=time.monotonic)
    needs: Mapping[str, Any] | None = field(init=False, default=None)  # what of the user's the result is opened with
    _replaced: dict[str, Mapping[str, str]] = field(default_factory=dict)  # by the paths that rules know

    def __post_init__(self) -> None:
        self.report = Report.of(self.job.source, self.trust, self.replace, self.builder)
        self.report.custom_objects = self.customs.to_json()

    @property
    def draft(self) -> Path:
        """The new model until it is proven."""
        return self.folder / f"model{self.job.ending}"

    def resume(self, job: Job, report: Report) -> None:
        """Take over what an earlier run has left, which stays as it is."""
        self.job, self.report, self.resumed = job, report, True

    def export(self, start: Callable[[], Worker], options: Options, say: Say) -> None:
        """Look at the source and have its bundle written; whatever goes wrong is in the report.

        `start` gives the worker, which what the look refuses never reaches.
        """
        with self._stage("export"):
            if self.job.failure:
                raise self.job.failure
            begun = time.monotonic()
            seen = self._look()
            self.report.timing["export.look"] = round(time.monotonic() - begun, 3)
            if seen.is_of_keras_3:
                self._lend(seen)
                return
            self._choose_ending(seen)
            request = {
                "source": str(self.job.source.resolve()),
                "bundle": str(self.bundle),
                "about": self._about(seen),
                **self._wanted_of_exporter(seen),
                "inputs": None if options.inputs is None else str(options.inputs.resolve()),
                "budget": options.budget,
            }
            self.folder.mkdir(parents=True)
            self._tell_time("export", self._ask(start(), "keras2", request, say))
            if self._is_served:
                shutil.copytree(self.job.source, self.draft / "saved_model")

    def import_(self, start: Callable[[], Worker], options: Options, say: Say) -> None:
        """Have the bundle rebuilt and verified as `draft`, unless something went wrong before."""
        if self.resumed or self.report.error is not None:
            return
        with self._stage("import"):
            request = {
                "target": str(self.draft),
                "rtol": options.rtol,
                "atol": options.atol,
                **self._wanted_of_importer(options),
            }
            found = self._ask(start(), "keras3", request, say)
            if not found:
                return  # a model of Keras 3 with which all is well
            self.lent = None
            self._tell_time("import", found)
            self.report.changes.extend(found["changes"])
            self.report.verification, self.report.weights = found["verification"], found["weights"]
            self.needs = found.get("needs")

    @property
    def _is_served(self) -> bool:
        """Whether the source is a SavedModel that can only be served."""
        return self.job.ending == SERVING

    def _choose_ending(self, seen: Look) -> None:
        from keras2to3.look.native import is_graph_alone  # late, as the look itself

        if self.builder is None and is_graph_alone(seen):
            self.job = replace(self.job, ending=SERVING)

    def _wanted_of_exporter(self, seen: Look) -> Mapping[str, Any]:
        if self.builder is not None:
            return {"op": "export-weights", "builder": self.builder.to_json()}
        if self._is_served:
            return {"op": "export-graph"}
        architecture = seen.architecture if seen.is_described or seen.format == "savedmodel" else None
        consent = {"trust": self.trust, "replaced": self._replaced, "customs": self._customs("keras2")}
        return {"op": "export", "architecture": architecture, **consent}

    def _wanted_of_importer(self, options: Options) -> Mapping[str, Any]:
        if self.lent is not None:
            return {"op": "open", "source": str(self.lent)}
        bundle = {"bundle": str(self.bundle)}
        if self._is_served:
            return {"op": "serve", **bundle}
        if self.builder is None:
            return {"op": "import", **bundle, "replaced": self._replaced, "customs": self._customs("keras3")}
        kind = "weights" if options.format == "weights" else "native"
        return {"op": "fill", **bundle, "builder": self.builder.to_json(), "map": dict(options.map), "kind": kind}

    def _customs(self, side: str) -> Mapping[str, str] | None:
        return (self.report.custom_objects or {}).get(side)

    def _lend(self, seen: Look) -> None:
        """Put a model of Keras 3 where the importer may read it."""
        self.bundle.mkdir(parents=True)
        self.folder.mkdir(parents=True)
        self.lent = self.bundle / f"model.{seen.format}"
        try:
            os.link(self.job.source.resolve(), self.lent)
        except OSError:  # another file system, or one without links
            shutil.copyfile(self.job.source, self.lent)

    @contextlib.contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except Exception as error:  # noqa: BLE001  (a source that fails costs itself alone)
            self.report.fail(failure_of(error))
        finally:
            self.report.timing[name] = round(time.monotonic() - begun, 3)

    def _tell_time(self, name: str, found: Mapping[str, Any]) -> None:
        """What a worker has taken for each of its stages, which together are less than the stage it is asked in."""
        self.report.timing.update({f"{name}.{part}": seconds for part, seconds in found.get("timing", {}).items()})

    def _ask(self, worker: Worker, environment: str, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
        try:
            return worker.ask(request, say)
        finally:
            self.report.environments[environment] = {**worker.versions, "box": worker.walls}
            cost = {"wait": round(worker.waited, 3), **worker.memory()}
            self.report.timing.update({f"{_STAGES[environment]}.{name}": value for name, value in cost.items()})

    def _look(self) -> Look:
        """The static look decides whether Keras 2 may see the file at all."""
        from keras2to3.look import look, look_for_weights, require_new  # late: h5py takes longer to import than ours

        if self.builder is not None:
            seen = look_for_weights(self.job.source, self.trust)
        else:
            seen = look(self.job.source, self.trust, self.replace, self.job.architecture, self.customs.names)
            require_new(seen, self.customs)
        self.report.tell(seen)
        if self.replace and seen.architecture is not None:
            from keras2to3.forecast.replacing import placed  # late: few ask for it

            found = placed(seen.architecture, self.replace, self.trust)
            self._replaced = {path: given.to_json() for path, given in found.items()}
        return seen

    def _about(self, seen: Look) -> Mapping[str, Any]:
        """What the bundle says of the source."""
        return {
            "name": self.job.source.name,
            "sha256": seen.sha256,
            "format": seen.format,
            "saved_by": dict(seen.saved_by),
        }
