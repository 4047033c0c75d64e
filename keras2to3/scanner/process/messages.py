"""The requests and results of the scanner, which cross the pipe as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange.user_files.builders import Builder
from interchange.user_files.custom_objects import CustomObjectsFile
from interchange.user_files.replacements import Replacement
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.user_files.custom_objects import NO_FILES, CustomFiles, DefinitionsFile

if TYPE_CHECKING:
    from keras2to3.scanner.scanned_file import ScannedFile


@dataclass(frozen=True)
class ScanRequest:
    """A source, the architecture that belongs to it, and what the user gives or allows besides.

    With `back` it is to be written for Keras 2.15.
    """

    path: Path
    trust: bool = False
    replace: tuple[Replacement, ...] = ()
    architecture: Path | None = None
    builder: Builder | None = None
    custom_files: CustomFiles = NO_FILES
    written_by: str | None = None
    part: str | None = None
    serve: bool = False
    fresh_weights: bool = False
    back: bool = False

    @classmethod
    def of(cls, path: Path, architecture: Path | None, options: Options | CheckOptions) -> ScanRequest:
        """The request for a source and the architecture that belongs to it, with the options of a run."""
        definitions = (options.builder, options.custom_files, options.written_by, options.part)
        flags = (options.serve, options.fresh_weights, options.back)
        return cls(path, options.trust, options.replace, architecture, *definitions, *flags)

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back; relative paths refer to `folder`, the user's current one."""
        return {
            "folder": str(Path.cwd()),
            "path": str(self.path),
            "trust": self.trust,
            "replace": [given.to_json() for given in self.replace],
            "architecture": None if self.architecture is None else str(self.architecture),
            "builder": self.builder and self.builder.to_json(),
            "part": self.part,
            "fresh_weights": self.fresh_weights,
            "customs": [
                given and _definitions_to_json(given) for given in (self.custom_files.old, self.custom_files.new)
            ],
            "written_by": self.written_by,
            "serve": self.serve,
            "back": self.back,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ScanRequest:
        """The inverse of `to_json`."""
        return cls(
            Path(data["path"]),
            data["trust"],
            tuple(map(Replacement.from_json, data["replace"])),
            None if data["architecture"] is None else Path(data["architecture"]),
            data["builder"] and Builder.from_json(data["builder"]),
            CustomFiles(*(given and _definitions_from_json(given) for given in data["customs"])),
            data["written_by"],
            data["part"],
            data["serve"],
            data["fresh_weights"],
            data["back"],
        )


def _definitions_to_json(file: DefinitionsFile) -> dict[str, Any]:
    return {**file.customs.to_json(), "names": dict(file.names)}


def _definitions_from_json(data: Mapping[str, Any]) -> DefinitionsFile:
    return DefinitionsFile(CustomObjectsFile(data["path"], data["sha256"]), data["names"])


@dataclass(frozen=True)
class ScanResult:
    """The result of scanning a source that may be migrated.

    `format` and `saved_by` are of `ScannedFile`. `is_graph_alone` is whether a SavedModel can only be served,
    `is_on_trial` whether it is served unless its graph computes what its layers do,
    `needs_architecture` whether the exporter builds the model from an architecture that the scan has read. `replaced`
    are the user's replacements by the paths of their layers, as `Replacement.to_json` has them. `unreadable_training`
    says why nobody may read how the model was compiled.
    """

    format: str
    saved_by: Mapping[str, str | None]
    has_weights: bool
    has_optimizer: bool
    is_compiled: bool
    is_of_keras_3: bool
    is_graph_alone: bool
    is_on_trial: bool
    needs_architecture: bool
    replaced: Mapping[str, Mapping[str, str]]
    unreadable_training: str | None = None

    @classmethod
    def of(cls, scanned: ScannedFile, replaced: Mapping[str, Replacement]) -> ScanResult:
        """The facts of a scanned file that the command needs."""
        from keras2to3.scanner.graph_alone import is_graph_alone, is_on_trial  # late, as the scanner itself

        return cls(
            scanned.format,
            dict(scanned.saved_by),
            scanned.has_weights,
            scanned.has_optimizer,
            scanned.is_compiled,
            scanned.is_of_keras_3,
            is_graph_alone(scanned),
            is_on_trial(scanned),
            scanned.is_described or scanned.source_format.sends_architecture,
            {path: given.to_json() for path, given in replaced.items()},
            scanned.unreadable_training,
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON object with the fields as its keys."""
        return asdict(self)
