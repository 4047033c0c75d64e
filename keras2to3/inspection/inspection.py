"""What is inside one source, as data: facts from the scan, statistics, and what the rules do not support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure, Problem, failure_of
from keras2to3.dry_run.forecast import forecast
from keras2to3.inspection.layers import Layer, tree
from keras2to3.inspection.statistics import Statistics, statistics
from keras2to3.scanner.examine import examine
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.scanned_file import ScannedFile
from keras2to3.sources import Source


@dataclass(frozen=True)
class Inspection:
    """One source; only `failure` is set if it is not a model."""

    path: Path
    scanned: ScannedFile | None = None
    layers: Layer | None = None
    statistics: Sequence[Statistics] = ()
    unsupported: Sequence[Problem] = ()
    failure: Failure | None = None

    @property
    def exit_code(self) -> Exit:
        """The exit code for this source alone; an unsafe model can be inspected, so it is no error."""
        return self.failure.code if self.failure else Exit.VERIFIED

    def to_json(self) -> dict[str, Any]:
        """A row of what `--json` prints."""
        if self.scanned is None:
            return {"path": str(self.path), "error": self.failure.to_json() if self.failure else None}
        return {
            "path": str(self.path),
            **{key: getattr(self.scanned, key) for key in ("format", "saved_by", "sha256", "size", "has_optimizer")},
            "compiled": self.scanned.is_compiled,
            "layers": asdict(self.layers) if self.layers else None,
            "tensors": [
                {"name": tensor.name, "shape": tensor.shape, "dtype": tensor.dtype, "bytes": tensor.bytes}
                | {"statistics": asdict(statistics) if statistics.read else None}
                for tensor, statistics in zip(self.scanned.tensors, self.statistics)
            ],
            "unsafe": [problem.to_json() for problem in self.scanned.unsafe],
            "unsupported": [problem.to_json() for problem in self.unsupported],
            "error": None,
        }


def inspect_source(source: Source) -> Inspection:
    """Inspect one source; any error becomes its `failure`."""
    try:
        if source.failure:
            raise source.failure
        return _inspect(source.path)
    except (MemoryError, RecursionError):
        raise  # the handler that limits the scan reports it
    except Exception as error:  # noqa: BLE001  (one failing source does not affect the others)
        return Inspection(source.path, failure=failure_of(error, source.path))


def _inspect(path: Path) -> Inspection:
    scanned = examine(path)
    return Inspection(path, scanned, tree(scanned), statistics(scanned.tensors), unsupported(scanned))


def unsupported(scanned: ScannedFile) -> list[Problem]:
    """What Keras 2.15 or the rules do not support, except objects that are already reported as unsafe."""
    problems = [problem for problem in scanned.problems if problem.policy is None]
    beyond = any(
        problem.policy == Policy.LIMITS.value for problem in scanned.problems
    )  # the rules do not run on a model that exceeds the limits
    if scanned.architecture is not None and not (beyond or str(scanned.saved_by.get("keras_version")).startswith("3")):
        problems += _of_rules(scanned.architecture)
    reported = {(problem.layer, problem.class_name) for problem in scanned.unsafe}
    return [problem for problem in problems if (problem.layer, problem.class_name) not in reported]


def _of_rules(architecture: Mapping[str, Any]) -> Sequence[Problem]:
    failure = forecast(architecture).failure
    if failure is None:
        return ()
    return failure.problems or (Problem("", "architecture", failure.message),)
