"""The options of each command, as parsed from the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from interchange.user_files.builders import Builder
from interchange.user_files.replacements import Replacement
from keras2to3.formats import BACK_BY_OPTION, BY_OPTION, KERAS, Output
from keras2to3.options.by_model import ModelOptions
from keras2to3.options.given import Given
from keras2to3.options.path_patterns import PathPattern
from keras2to3.options.places import Cluster, needs_shards
from keras2to3.user_files.custom_objects import CustomFiles, DefinitionsFile

_ASIDE = {"shapes": False}  # marks options that no result depends on; an option without a mark counts


@dataclass(frozen=True)
class Display:
    """How much is shown, and where.

    With `quiet` these are errors, verdicts without a result, and the closing line; with `verbose` also the stages and
    what stands behind a verdict. With `json` standard output is one document. `log_file` gets everything.
    """

    quiet: bool = False
    verbose: bool = False
    json: bool = False
    log_file: Path | None = None


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
    Sources: `exclude` matches what is none in a folder or pattern. `models` are options of some sources alone.
    `configuration` is the file that says so, or the report of a run that is repeated. `settings` are the options as
    they were given.
    Policy: `allow` and `fail_on` are rules for the exit code. `junit`, `sarif` and `gitlab` are files to be written.
    Results: they mirror the folders of their sources below `root`, or with `flat` have none. With `overwrite` they may
    replace other files, with `wait` the run waits for another one in the folder, with `force` verified sources are
    migrated again, with `keep_bundles` the bundle of a verified model is kept beside it, and without `html` reports
    and the summary have no pages.
    Past one machine: `on` is the cluster that runs shards of at most `models_per_shard` sources, `stores` are the URLs
    among the sources, and `target` is that of the results, in place of `output_dir`. `log_json` and `metrics` are files
    for programs that watch the run.
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
    html: bool = field(default=True, metadata=_ASIDE)
    exclude: tuple[PathPattern, ...] = field(default=(), metadata=_ASIDE)
    allow: tuple[str, ...] = field(default=(), metadata=_ASIDE)
    fail_on: tuple[str, ...] = field(default=(), metadata=_ASIDE)
    junit: Path | None = field(default=None, metadata=_ASIDE)
    sarif: Path | None = field(default=None, metadata=_ASIDE)
    gitlab: Path | None = field(default=None, metadata=_ASIDE)
    models: tuple[ModelOptions, ...] = field(default=(), metadata=_ASIDE)
    display: Display = field(default=Display(), metadata=_ASIDE)
    configuration: Path | None = field(default=None, metadata=_ASIDE)
    settings: tuple[Given, ...] = field(default=(), metadata=_ASIDE)
    on: Cluster | None = field(default=None, metadata=_ASIDE)
    models_per_shard: int = field(default=500, metadata=_ASIDE)
    stores: tuple[str, ...] = field(default=(), metadata=_ASIDE)
    target: str | None = field(default=None, metadata=_ASIDE)
    log_json: Path | None = field(default=None, metadata=_ASIDE)
    metrics: Path | None = field(default=None, metadata=_ASIDE)

    @property
    def is_sharded(self) -> bool:
        """Whether the sources are divided into shards: for a cluster, or because they or the results are in stores."""
        return needs_shards(self.on, self.stores, self.target)

    @property
    def back(self) -> bool:
        """Whether models of Keras 3 are written for Keras 2.15."""
        return False

    @property
    def output(self) -> Output:
        """What is written for a source that holds a whole model."""
        return BY_OPTION[self.format]

    def shaping(self) -> dict[str, Any]:
        """The options that a result depends on."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.metadata != _ASIDE}

    @property
    def custom_files(self) -> CustomFiles:
        """The files with custom classes for Keras 2.15 and for Keras 3."""
        return CustomFiles(self.custom_objects, self.custom_objects_3 or self.custom_objects)

    @property
    def user_files(self) -> frozenset[str]:
        """The files of the user's that either worker runs."""
        named = {replacement.file for replacement in self.replace}
        return frozenset(named | ({self.builder.file} if self.builder else set()) | self.custom_files.files)


@dataclass(frozen=True)
class RollbackOptions(Options):
    """Options of `rollback`, which are those of `migrate` that concern a whole model, and a `format` of Keras 2.

    `origin` is what `migrate` wrote and the source was trained from, if its own file does not say it.
    """

    format: str = "h5"
    origin: Path | None = None

    @property
    def back(self) -> bool:
        """Whether models of Keras 3 are written for Keras 2.15."""
        return True

    @property
    def output(self) -> Output:
        """What is written for a source."""
        return BACK_BY_OPTION[self.format]


@dataclass(frozen=True)
class PlanOptions(Options):
    """Options of `plan`, which are those of `migrate`."""

    @property
    def is_sharded(self) -> bool:
        """Whether the sources are divided into shards."""
        return True


_OF_THE_WAY_THERE: Mapping[str, Any] = {"inputs_only": False, "replace": (), "part": None}


@dataclass(frozen=True)
class RoundTripOptions(Options):
    """Options of `roundtrip`, which are those of `migrate` for a whole model; `format` is that of what comes back."""

    format: str = "h5"

    @property
    def there(self) -> Options:
        """The options of the migration."""
        shared = {one.name: getattr(self, one.name) for one in fields(Options)}
        own = {"format": "keras", "output_dir": self.output_dir / "keras3", "keep_bundles": True}
        return Options(**{**shared, **own, "settings": tuple(one for one in self.settings if one.name != "format")})

    def returning(self, sources: Sequence[Path]) -> RollbackOptions:
        """The options of the way back of these results."""
        shared = {one.name: getattr(self, one.name) for one in fields(Options)}
        own = {"sources": tuple(sources), "output_dir": self.output_dir / "keras2", "keep_bundles": True}
        unused = {**_OF_THE_WAY_THERE, "root": self.there.output_dir, "flat": False}
        return RollbackOptions(**{**shared, **own, **unused, "settings": self.shared_given(self.settings)})

    @staticmethod
    def shared(values: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some options that hold for the way back, too."""
        return {name: value for name, value in values.items() if name not in _OF_THE_WAY_THERE}

    @staticmethod
    def shared_given(given: Sequence[Given]) -> tuple[Given, ...]:
        """The same of options as they were given."""
        return tuple(one for one in given if one.name.replace("-", "_") not in _OF_THE_WAY_THERE)


@dataclass(frozen=True)
class CheckOptions:
    """Options of `check`; with `back` it tells what `rollback` would do.

    Past one machine: as for `migrate`.
    """

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
    back: bool = False
    exclude: tuple[PathPattern, ...] = ()
    allow: tuple[str, ...] = ()
    fail_on: tuple[str, ...] = ()
    junit: Path | None = None
    sarif: Path | None = None
    gitlab: Path | None = None
    models: tuple[ModelOptions, ...] = ()
    display: Display = Display()
    configuration: Path | None = None
    settings: tuple[Given, ...] = ()
    on: Cluster | None = None
    models_per_shard: int = 500
    stores: tuple[str, ...] = ()
    target: str | None = None
    log_json: Path | None = None
    metrics: Path | None = None

    @property
    def is_sharded(self) -> bool:
        """Whether the sources are divided into shards: for a cluster, or because they or the answers are in stores."""
        return needs_shards(self.on, self.stores, self.target)

    @property
    def output(self) -> Output:
        """What a source is taken to become."""
        return KERAS

    def shaping(self) -> dict[str, Any]:
        """The options that an answer depends on."""
        return {name: getattr(self, name) for name in _OF_ANSWERS}

    @property
    def custom_files(self) -> CustomFiles:
        """The files with custom classes for Keras 2.15 and for Keras 3."""
        return CustomFiles(self.custom_objects, self.custom_objects_3 or self.custom_objects)


_OF_ANSWERS = (
    "trust", "replace", "architecture", "builder", "part", "fresh_weights", "custom_objects", "custom_objects_3",
    "written_by", "serve", "back",
)  # fmt: skip


@dataclass(frozen=True)
class InspectOptions:
    """Options of `inspect`."""

    sources: tuple[Path, ...]
    scan_timeout: float = 60.0
    allow_missing_sandbox: tuple[str, ...] = ()
    exclude: tuple[PathPattern, ...] = ()
    display: Display = Display()
    configuration: Path | None = None
