"""Which file each source becomes: names that cannot meet, not even where case does not count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """One source and where its results go."""

    source: Path
    output_dir: Path
    stem: str

    @property
    def target(self) -> Path:
        """The migrated model."""
        return self.output_dir / f"{self.stem}.keras"

    @property
    def report(self) -> Path:
        """The report, which is always there afterwards."""
        return self.output_dir / f"{self.stem}.report.json"


def plan(sources: Iterable[Path], output_dir: Path) -> list[Job]:
    """A job for each source; a stem that is taken gets its folder's name in front, then a number."""
    taken: set[str] = set()
    jobs = []
    for source in sources:
        stem = next(name for name in _candidates(source) if name.casefold() not in taken)
        taken.add(stem.casefold())
        jobs.append(Job(source, output_dir, stem))
    return jobs


def _candidates(source: Path) -> Iterable[str]:
    stem = source.stem or "model"
    yield stem
    parent = source.resolve().parent.name
    if parent:
        yield f"{parent}-{stem}"
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1
