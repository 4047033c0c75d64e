"""The result of scanning a file: its facts, its tensors, and all reasons against loading it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange.errors import Problem
from keras2to3.formats import SOURCES, SourceFormat
from keras2to3.scanner import model_files

if TYPE_CHECKING:
    import numpy as np

    Blocks = Callable[[], Iterator["np.ndarray[Any, Any]"]]


KERAS_0 = "0.x"
"""Stands for the version of Keras before 1.0, which wrote none into its files."""


def no_blocks() -> Iterator[np.ndarray[Any, Any]]:
    """The blocks of a tensor whose values are no numbers."""
    yield from ()


@dataclass(frozen=True)
class StoredTensor:
    """One tensor as the file declares it, checked against what the file stores.

    `bytes` is its size in memory. `blocks()` opens the file anew and yields the numbers piece by piece, in any shape,
    at most some megabytes at a time; it yields nothing for texts.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    blocks: Blocks = field(default=no_blocks, compare=False, repr=False)


@dataclass(frozen=True)
class ScannedFile:
    """The content of a file; nothing of it was executed, imported or fetched.

    `format` is the name of one of `formats.SOURCES`. `architecture` and `training` are None if the file has none that
    can be read; `unreadable_training` says why if it has a training. `problems` are all reasons against loading it,
    those that break a policy and those that are merely unsupported. `groups` are those of its weights, `assets` the
    files of an archive beside them, by their names. `has_weights` tells whether there is a place for weights, even if
    the model has none. `described_by` is the scan of the text that the architecture was taken from, if `path` holds
    only weights. `incomplete` says which files are missing or damaged. `has_provenance` is whether it says of which
    model `migrate` made it.
    """

    path: Path
    format: str
    saved_by: Mapping[str, str | None]
    architecture: Mapping[str, Any] | None
    training: Mapping[str, Any] | None
    has_optimizer: bool
    has_weights: bool = True
    size: int = 0
    tensors: tuple[StoredTensor, ...] = ()
    groups: tuple[str, ...] = ()
    assets: Mapping[str, bytes] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    described_by: ScannedFile | None = None
    incomplete: str = ""
    has_provenance: bool = False
    unreadable_training: str | None = None

    @cached_property
    def sha256(self) -> str:
        """The digest of the file or folder, computed when first used. Raises OSError."""
        return model_files.digest_of(self.path)

    @property
    def source_format(self) -> SourceFormat:
        """What is known of the format."""
        return SOURCES[self.format]

    @property
    def is_compiled(self) -> bool:
        """Whether the file says how the model was compiled, even if that cannot be read."""
        return self.training is not None or self.unreadable_training is not None

    @property
    def is_described(self) -> bool:
        """Whether the architecture is that of a text, its own or another one."""
        return self.described_by is not None or self.source_format.content == "architecture"

    @property
    def unsafe(self) -> tuple[Problem, ...]:
        """The problems that break a policy."""
        return tuple(problem for problem in self.problems if problem.policy is not None)

    @property
    def is_of_keras_3(self) -> bool:
        """Whether it is a whole model that Keras 3 saved, by its own account."""
        return is_of_keras_3(self.saved_by.get("keras_version")) and self.source_format.of_keras_3


def is_of_keras_3(version: object) -> bool:
    """Whether the version that a file names as its author is Keras 3."""
    return isinstance(version, str) and version.startswith("3")
