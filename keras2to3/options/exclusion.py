"""What is skipped in the folders of the sources: hidden and virtual environments, the output folder, `--exclude`."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from keras2to3.options.path_patterns import PathPattern

_OF_ENVIRONMENTS = ("pyvenv.cfg", "conda-meta")


@dataclass(frozen=True)
class Exclusion:
    """What is no source although it lies in a folder that is; `output` is the real path of the output folder."""

    output: str = ""
    patterns: Sequence[PathPattern] = ()

    @classmethod
    def of(cls, output_dir: Path | None, patterns: Sequence[PathPattern] = ()) -> Exclusion:
        """Skip an output folder and what the user has excluded."""
        return cls(os.path.realpath(output_dir) if output_dir else "", tuple(patterns))

    def skips(self, folder: Path, top: Path) -> bool:
        """Whether nothing in a folder, which a walk through `top` has come to, is a source."""
        is_output = os.path.realpath(folder) == self.output
        return folder.name[0] == "." or is_output or _is_environment(folder) or self.has(folder, top)

    def omits(self, path: Path, top: Path) -> bool:
        """Whether a path that a pattern has found below `top` is no source, or none of what is in it."""
        is_output = bool(self.output) and Path(os.path.realpath(path)).is_relative_to(self.output)
        return is_output or any(map(_is_environment, _between(path, top))) or self.has(path, top)

    def has(self, path: Path, top: Path) -> bool:
        """Whether the user has excluded a path that was found below `top`."""
        return any(pattern.matches(path, top) for pattern in self.patterns)


def _is_environment(folder: Path) -> bool:
    return any((folder / name).exists() for name in _OF_ENVIRONMENTS)


def _between(path: Path, top: Path) -> Iterator[Path]:
    """The path and the folders above it that lie below `top`."""
    return itertools.takewhile(lambda folder: folder not in (top, *top.parents), (path, *path.parents))
