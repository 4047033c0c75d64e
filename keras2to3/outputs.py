"""Which file each source becomes: names that cannot meet, not even where case does not count."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from interchange.errors import Failure
from keras2to3.skeletons import ENDING
from keras2to3.sources import Source

_LONGEST = 200  # bytes of a stem: file systems allow 255, of which ending, number and folder need some


ENDINGS = {"keras": ".keras", "weights": ".weights.h5"}
"""What results end in, by `--format`."""
SERVING = ".serving"
"""What a folder ends in that holds a SavedModel and the layer that calls it."""


@dataclass(frozen=True)
class Job:
    """One source and where its results go; `failure` says why there is nothing to do, `architecture` describes it."""

    source: Path
    output_dir: Path
    stem: str
    failure: Failure | None = field(default=None, compare=False)
    architecture: Path | None = None
    ending: str = ".keras"

    @property
    def target(self) -> Path:
        """The migrated model."""
        return self.output_dir / f"{self.stem}{self.ending}"

    @property
    def bundle(self) -> Path:
        """The interchange bundle, where it is kept."""
        return self.output_dir / f"{self.stem}.bundle"

    @property
    def skeletons(self) -> Path:
        """What the user may make the classes of that are missing."""
        return self.output_dir / f"{self.stem}{ENDING}"

    @property
    def report(self) -> Path:
        """The report, which is always there afterwards."""
        return self.output_dir / f"{self.stem}.report.json"


def plan(sources: Sequence[Source], output_dir: Path, ending: str = ".keras") -> list[Job]:
    """A job for each source; a stem that is taken gets its folder's name in front, then a number."""
    taken = _sources_in(output_dir, sources, ending)
    numbers: dict[str, int] = {}
    jobs = []
    for source in sources:
        stem = next(name for name in _candidates(source, numbers) if _key(name) not in taken)
        taken.add(_key(stem))
        jobs.append(Job(source.path, output_dir, stem, source.failure, source.architecture, ending))
    return jobs


def _sources_in(output_dir: Path, sources: Sequence[Source], ending: str) -> set[str]:
    """Stems that would make a result replace a source."""
    home = os.path.realpath(output_dir)
    paths = [Path(os.path.realpath(source.path)) for source in sources if _ends(source.path, ending)]
    return {_key(path.name[: -len(ending)]) for path in paths if str(path.parent) == home}


def _ends(path: Path, ending: str) -> bool:
    return path.name.lower().endswith(ending)


def _key(stem: str) -> str:
    """What is equal for two names that some file system takes for one."""
    return unicodedata.normalize("NFC", stem).casefold()


def _candidates(source: Source, numbers: dict[str, int]) -> Iterator[str]:
    """Names in the order of preference; `numbers` remembers the last number of each stem."""
    stem = _fitting(source.stem) or "model"
    yield stem
    parent = source.path.absolute().parent.name
    if parent:
        yield _fitting(f"{parent}-{stem}")
    while True:
        number = numbers[_key(stem)] = numbers.get(_key(stem), 1) + 1
        yield f"{stem}-{number}"


def _fitting(stem: str) -> str:
    if len(os.fsencode(stem)) <= _LONGEST:
        return stem
    return os.fsencode(stem)[:_LONGEST].decode("utf-8", "ignore")
