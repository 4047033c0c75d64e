"""The results of the functions for Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Optional, TypeVar, overload

from interchange.errors import Exit, Problem
from interchange.messages.changes import Change
from keras2to3.api.errors import MigrationError
from keras2to3.reports.report import Report, ReportedError


@dataclass(frozen=True)
class Migration:
    """What became of one source.

    `output` is the path of the new model, or None; `status` is as in the report. `exit_code` is the one this source
    alone would have. `message` says why there is no result.
    """

    source: Path
    status: str
    exit_code: Exit
    output: Optional[Path]
    report_file: Optional[Path]
    kept: Optional[Path]
    message: Optional[str]
    resumed: bool

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Migration:
        """The result that a row of a summary tells."""
        output, report, kept = (Path(row[name]) if row[name] else None for name in ("output", "report", "kept"))
        place = (output, report, kept, row["message"], bool(row["resumed"]))
        return cls(Path(row["source"]), row["status"], Exit(row["exit_code"]), *place)

    @property
    def report(self) -> Report:
        """The report, read from its file. Raises `MigrationError` if none could be written."""
        if self.report_file is None:
            raise MigrationError(f"{self.source} has no report: {self.message}", self.exit_code)
        return Report.from_bytes(self.report_file.read_bytes())

    @property
    def is_verified(self) -> bool:
        """Whether its outputs were compared and are equal."""
        return self.status == "verified"

    def raise_for_status(self) -> Migration:
        """Itself, or `MigrationError` if the source has no result."""
        if self.exit_code is not Exit.VERIFIED:
            error = self.report.error if self.report_file else None
            raise MigrationError(
                f"{self.source}: {self.status}: {self.message}", self.exit_code, error.hint if error else None
            )
        return self


@dataclass(frozen=True)
class Checked:
    """What would become of one source: `status` is `ready` if it would be tried, otherwise as in a report."""

    source: Path
    status: str
    exit_code: Exit
    changes: tuple[Change, ...]
    error: Optional[ReportedError]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Checked:
        """What a row of `check.json` tells."""
        return cls(
            source=Path(row["source"]["path"]),
            status=row["status"],
            exit_code=Exit(row["exit_code"]),
            changes=tuple(map(Change.from_json, row["changes"])),
            error=ReportedError.from_json(row["error"]) if row["error"] else None,
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every reason why it would not be migrated."""
        return self.error.problems if self.error else ()

    def raise_for_status(self) -> Checked:
        """Itself, or `MigrationError` if the source would have no result."""
        if self.error is not None:
            raise MigrationError(f"{self.source}: {self.error.message}", self.exit_code, self.error.hint)
        return self


@dataclass(frozen=True)
class Inspected:
    """What is inside a file: `facts` has the keys of `inspect --json`."""

    source: Path
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Inspected:
        """What a row of the document of `inspect --json` tells."""
        return cls(Path(row["path"]), row)


_One = TypeVar("_One", Migration, Checked)


@dataclass(frozen=True)
class _Results(Sequence[_One], Generic[_One]):
    items: tuple[_One, ...]

    @overload
    def __getitem__(self, index: int) -> _One: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[_One]: ...

    def __getitem__(self, index: int | slice) -> _One | Sequence[_One]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[_One]:
        return iter(self.items)

    @property
    def only(self) -> _One:
        """The result of the only source. Raises ValueError if there are several."""
        (item,) = self.items
        return item

    @property
    def exit_code(self) -> Exit:
        """The highest of all, which is that of the command."""
        return Exit(max((item.exit_code for item in self.items), default=Exit.VERIFIED))


class Migrations(_Results[Migration]):
    """The results of a run, in the order of the sources."""

    def raise_for_status(self) -> Migrations:
        """Itself, or `MigrationError` for the first source without a result."""
        for item in self.items:
            item.raise_for_status()
        return self


class Checks(_Results[Checked]):
    """What would become of the sources, in their order."""

    def raise_for_status(self) -> Checks:
        """Itself, or `MigrationError` for the first source that would have no result."""
        for item in self.items:
            item.raise_for_status()
        return self
