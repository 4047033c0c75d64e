"""The options of each command, as parsed from the command line."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from interchange.builders import Builder
from interchange.replacements import Replacement
from keras2to3.user_files.custom_objects import CustomFiles, DefinitionsFile

_ASIDE = {"shapes": False}  # marks options that no result depends on; an option without a mark counts


@dataclass(frozen=True)
class Options:
    """Arguments of `migrate`; the two pythons are those of ready environments, or None to build them.

    `trust` lifts the policies that can be lifted. `inputs` are samples of the user's own to verify with, with
    `inputs_only` instead of probes of ours; `rtol` and `atol` replace the tolerances where given; probes may take
    `budget` seconds of computing.
    `replace` are functions of the user's for layers that cannot be translated, `custom_objects` and `custom_objects_3`
    the files of the classes that Keras 2.15 and Keras 3 shall know, one for both if the second is None.
    `written_by` is the version of Keras that wrote the sources, if they name none or a wrong one.
    With `serve` a SavedModel that cannot be rebuilt goes on as its graph.
    With `fresh_weights` an architecture without weights gets those that its initializers draw.
    `part` is the name of the one model that is meant, where a source holds several.
    `architecture` describes the model whose weights alone the sources hold, or `builder` builds it in Keras 3: then
    `map` are pairs of its variables and the tensors meant for them, and `format` is what is written, `keras` or
    `weights`.
    With `keep_bundles` the bundle of a verified model stays beside it.
    `keras` and `tensorflow` are the versions that the importer runs with; None is what the lock has.
    Scanning a source may take `scan_timeout` seconds. A worker may take `timeout` seconds for a model, and `memory`
    bytes; None leaves that to the machine's size.
    `allow_missing_sandbox` names restrictions without which a worker is used all the same.
    `jobs` pairs of workers take a model at a time; None leaves that to the machine as well.
    Results mirror the folders of their sources below `root`, or with `flat` have none.
    With `overwrite` they take the place of what is not theirs, and with `wait` another run in the folder is waited for.
    With `force` what an earlier run has verified is done again. With `oldest` the oldest Keras 3 that has a lock opens
    each result, too.
    """

    sources: tuple[Path, ...] = field(metadata=_ASIDE)
    output_dir: Path = field(metadata=_ASIDE)
    keras2_python: Path | None = field(default=None, metadata=_ASIDE)  # what is in them counts, not where they are
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
    keras: str | None = field(default=None, metadata=_ASIDE)  # as the pythons
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
        """The files of either side."""
        return CustomFiles(self.custom_objects, self.custom_objects_3 or self.custom_objects)


@dataclass(frozen=True)
class CheckOptions:
    """Arguments of `check`."""

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
        """The files of either side."""
        return CustomFiles(self.custom_objects, self.custom_objects_3 or self.custom_objects)


@dataclass(frozen=True)
class InspectOptions:
    """Arguments of `inspect`; `json` is for machines."""

    sources: tuple[Path, ...]
    json: bool = False
    scan_timeout: float = 60.0
    allow_missing_sandbox: tuple[str, ...] = ()
