"""One source, and the paths of its results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from interchange.errors import Failure
from keras2to3 import formats
from keras2to3.results.custom_stubs import ENDING

BUNDLE = ".bundle"
REPORT, FAILED = ".report.json", ".report.failed.json"
"""Endings of reports: that of a result, and that of a failure which left an earlier result in place."""

PAGE, FAILED_PAGE = ".report.html", ".report.failed.html"
"""The same of the pages beside them."""

BESIDE = (formats.SERVING.ending, BUNDLE, ENDING, REPORT, FAILED, PAGE, FAILED_PAGE)
"""The endings of all that may lie beside a result."""


@dataclass(frozen=True)
class Job:
    """One source and where its results go; `failure` is why nothing is to be done, `architecture` describes the model.

    `stem` is the path of the results below `output_dir`, without their endings and with `/` between folders. A job
    without a place (`has_target`) has a failure, and nothing is written for it, not even a report.
    """

    source: Path
    output_dir: Path
    stem: str
    failure: Failure | None = field(default=None, compare=False)
    architecture: Path | None = None
    ending: str = formats.KERAS.ending
    has_target: bool = True
    is_renamed: bool = False

    @property
    def target(self) -> Path:
        """The migrated model."""
        return self.path(self.ending)

    @property
    def bundle(self) -> Path:
        """The interchange bundle, where it is kept."""
        return self.path(BUNDLE)

    @property
    def custom_stubs(self) -> Path:
        """The stubs of missing classes, for the user to fill in."""
        return self.path(ENDING)

    @property
    def report(self) -> Path:
        """The report of the result, or of a failure if there is no result."""
        return self.path(REPORT)

    @property
    def failed_report(self) -> Path:
        """The report of a failure if the result of an earlier run is kept."""
        return self.path(FAILED)

    @property
    def page(self) -> Path:
        """The report for people, beside `report`."""
        return self.path(PAGE)

    @property
    def failed_page(self) -> Path:
        """The page beside `failed_report`."""
        return self.path(FAILED_PAGE)

    def path(self, ending: str) -> Path:
        """The path of the output with an ending."""
        return self.output_dir / f"{self.stem}{ending}"

    def outputs(self) -> Iterator[Path]:
        """Every path that the job may write."""
        return map(self.path, (self.ending, *BESIDE))
