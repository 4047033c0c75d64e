"""The options of each command, as parsed from the command line."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from interchange.user_files.builders import Builder
from interchange.user_files.replacements import Replacement
from keras2to3.user_files.custom_objects import CustomFiles, DefinitionsFile

_ASIDE = {"shapes": False}  # marks options that no result depends on; an option without a mark counts


@dataclass(frozen=True)
class Options:
    """Options of `migrate`. The two Pythons are those of ready environments, or None to build these.

    Verification: `inputs` are the user's samples, used beside the probes or with `inputs_only` in their place. `rtol`
    and `atol` override the tolerances. `budget` limits the probes, in seconds of processor time.
    Models: `replace` are the user's functions for layers that cannot be translated. `custom_objects` and
    `custom_objects_3` are the files with classes for Keras 2.15 and for Keras 3; if the second is None, the first is
    used for both. `written_by` is the version of Keras that wrote the sources, if they name none or a wrong one.
    `part` names one model within a source. With `serve`, a SavedModel that cannot be rebuilt is served as its graph.
    With `fresh_weights`, an architecture without weights gets random ones from its initializers. With `no_optimizer`,
    the optimizer of a compiled model begins anew.
    Weights alone: `architecture` describes their model, or `builder` builds it in Keras 3. `map` are then pairs of its
    variables and the stored tensors for them, and `format` is the format of the result, `keras` or `weights`.
    Versions: `keras` and `tensorflow` are those of the importer; None is the version in the lock. With `oldest`, the
    oldest Keras 3 with a lock opens each result, too.
    Limits: `scan_timeout` and `timeout` are the seconds for scanning a source and for a worker's part of a model.
    `memory` is a worker's limit in bytes, and `jobs` the number of worker pairs; None depends on the machine.
    `trust` lifts the policies that can be lifted. `allow_missing_sandbox` names restrictions that may be missing.
    Results: they mirror the folders of their sources below `root`, or with `flat` have none. With `overwrite` they may
    replace other files, with `wait` the run waits for another one in the folder, with `force` verified sources are
    migrated again, and with `keep_bundles` the bundle of a verified model is kept beside it.
    """

    sources: tuple[Path, ...] = field(metadata=_ASIDE)
    output_dir: Path = field(metadata=_ASIDE)
    keras2_python: Path | None = field(default=None, metadata=_ASIDE)  # their packages count, not their paths
    keras3_python: Path | None = field(default=None, metadata=_ASIDE)
    inputs: Path | None = None
    inputs_only: bool = False
    rtol: float | None = None
    atol: float | None = None
    budget: float = 300.0
    timeout: float = field(default=3600.0, metadata=_ASIDE)
    scan_timeout: float = field(default=60.0, metadata=_ASIDE)
    memory: int | None = field(default=None, metadata=_ASIDE)
    trust: bool = False
    keep_bundles: bool = False
    replace: tuple[Replacement, ...] = ()
    architecture: Path | None = None
    builder: Builder | None = None
    part: str | None = None
    fresh_weights: bool = False
    map: tuple[tuple[str, str], ...] = ()
    format: str = "keras"
    jobs: int | None = field(default=None, metadata=_ASIDE)
    force: bool = field(default=False, metadata=_ASIDE)
    custom_objects: DefinitionsFile | None = None
    custom_objects_3: DefinitionsFile | None = None
    written_by: str | None = None
    serve: bool = False
    no_optimizer: bool = False
    keras: str | None = field(default=None, metadata=_ASIDE)  # their packages count
    tensorflow: str | None = field(default=None, metadata=_ASIDE)
    allow_missing_sandbox: tuple[str, ...] = field(default=(), metadata=_ASIDE)
    oldest: bool = field(default=False, metadata=_ASIDE)
    root: Path | None = field(default=None, metadata=_ASIDE)
    flat: bool = field(default=False, metadata=_ASIDE)
    overwrite: bool = field(default=False, metadata=_ASIDE)
    wait: bool = field(default=False, metadata=_ASIDE)

    def shaping(self) -> dict[str, Any]:
        """The options that a result depends on."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.metadata != _ASIDE}

    @property
    def custom_files(self) -> CustomFiles:
        """The files with custom classes for Keras 2.15 and for Keras 3."""
        return CustomFiles(self.custom_objects, self.custom_objects_3 or self.custom_objects)


@dataclass(frozen=True)
class CheckOptions:
    """Options of `check`."""

    sources: tuple[Path, ...]
    output_dir: Path
    trust: bool = False
    replace: tuple[Replacement, ...] = ()
    architecture: Path | None = None
    builder: Builder | None = None
    part: str | None = None
    fresh_weights: bool = False
    custom_objects: DefinitionsFile | None = None
    custom_objects_3: DefinitionsFile | None = None
    written_by: str | None = None
    serve: bool = False
    scan_timeout: float = 60.0
    allow_missing_sandbox: tuple[str, ...] = ()
    root: Path | None = None
    flat: bool = False

    @property
    def custom_files(self) -> CustomFiles:
        """The files with custom classes for Keras 2.15 and for Keras 3."""
        return CustomFiles(self.custom_objects, self.custom_objects_3 or self.custom_objects)


@dataclass(frozen=True)
class InspectOptions:
    """Options of `inspect`; `json` is for machines."""

    sources: tuple[Path, ...]
    json: bool = False
    scan_timeout: float = 60.0
    allow_missing_sandbox: tuple[str, ...] = ()
