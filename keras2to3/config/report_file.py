"""A report whose run is repeated: what it says, and where the files are that it names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interchange import strictjson
from interchange.errors import Failure
from keras2to3.config.document import InvalidError, Problem
from keras2to3.config.reading import shortest
from keras2to3.reports.report import SCHEMA, Report
from keras2to3.results.resume import option_to_json
from keras2to3.scanner.model_files import digest_of


@dataclass(frozen=True)
class ReportFile:
    """A report, and where it lies."""

    path: Path
    report: Report

    @classmethod
    def read(cls, path: Path) -> ReportFile:
        """Raises `InvalidError` for what is no report of a source, or one of another version."""
        try:
            content = path.read_bytes() if path.is_file() else None  # a pipe would block
        except OSError as error:
            raise _invalid(path, f"cannot be read: {error.strerror}") from None
        if content is None:
            raise _invalid(path, "is not a file")
        try:
            return cls(path, _report(content))
        except ValueError as error:
            raise _invalid(path, str(error)) from None

    @property
    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """The options of the run by their names."""
        return self.report.settings or {}

    @property
    def output_dir(self) -> Path:
        """The folder that the results were written to: as far above the report as the name of its results has it."""
        name = str(self.report.source["name"])
        return Path(os.path.realpath(self.path.parent)).joinpath(*[".."] * name.count("/")).resolve()

    @property
    def source(self) -> Path:
        """Where its source was, from the current folder."""
        return self.moved(str(self.report.source["location"]))

    @property
    def root(self) -> Path:
        """The folder whose structure the results keep."""
        return self.source.absolute().parents[str(self.report.source["name"]).count("/")]

    def moved(self, path: str) -> Path:
        """A path of the report, which is relative to the output folder, from the current folder."""
        return shortest(Path(os.path.normpath(self.output_dir / path)))

    def problem(self, text: str) -> InvalidError:
        """An error about it."""
        return _invalid(self.path, text)

    def require_settings(self) -> None:
        """Raises `InvalidError` for a report that has none, or some of another form."""
        if self.report.settings is None:
            raise self.problem("is of an earlier version of keras2to3, whose reports have no settings")
        if not all(isinstance(row, dict) and {"value", "from"} <= row.keys() for row in self.settings.values()):
            raise self.problem("has settings of another form")

    def require_source(self) -> None:
        """Raises `InvalidError` unless the source is there, as it was."""
        if not os.path.lexists(self.source):
            raise self.problem(f"its source {self.source} is not there: name it on the command line")
        try:
            digest = digest_of(self.source)
        except (OSError, Failure) as error:
            raise self.problem(f"its source cannot be read: {error}") from None
        if self.report.source["sha256"] not in (None, digest):  # None: it was refused before anything was read
            raise self.problem(
                f"its source {self.source} has changed: name it on the command line to use it as it is now"
            )

    def has_same(self, option: str, value: Any) -> bool:
        """Whether an option is what it was for the result, also in what its files hold."""
        made_with = self.report.made_with.get("options") or {}
        return option not in made_with or _content(option_to_json(value)) == _content(made_with[option])


def _report(content: bytes) -> Report:
    """Raises ValueError, which says what it is instead."""
    try:
        document = strictjson.parse(content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ValueError("is no report: name a NAME.report.json")
    if "sources" in document:
        raise ValueError("tells of several sources, and --from takes the report of one: name a NAME.report.json")
    if isinstance(document.get("schema"), int) and document["schema"] != SCHEMA:
        raise ValueError(f"is a report of schema {document['schema']}; this version repeats those of schema {SCHEMA}")
    return Report.from_bytes(content)


def _invalid(path: Path, text: str) -> InvalidError:
    return InvalidError(Problem(path, None, text))


def _content(value: Any) -> Any:
    """What is left of an option without the places of files, which have a digest."""
    if isinstance(value, dict):
        return value["sha256"] if "sha256" in value else {key: _content(item) for key, item in value.items()}
    return [_content(item) for item in value] if isinstance(value, list) else value
