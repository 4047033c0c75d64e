"""Files with something changed at random: each is read, refused or told to be unreadable, and nothing else happens."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import pytest

from interchange.errors import Exit
from keras2to3.dry_run.assess import checked
from keras2to3.inspection.inspection import inspect_source
from keras2to3.inspection.lines import indented, lines_of
from keras2to3.reports.report import to_bytes
from keras2to3.scanner.process.messages import ScanRequest
from keras2to3.sources import Source
from tests.models.mutated_files import FORMATS, mutated

FIRST = int(os.environ.get("KERAS2TO3_FIRST_SEED", "0"))  # as `nox -s soak` sets it
SEEDS = range(FIRST, FIRST + 25)
_TOLD = {Exit.VERIFIED, Exit.UNREADABLE, Exit.REFUSED}


@pytest.mark.parametrize("kind", FORMATS)
def test_no_change_of_a_file_is_our_fault(kind: str, tmp_path: Path) -> None:
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = mutated(kind, folder, seed)
        report, inspection = checked(ScanRequest(path)), inspect_source(Source(path))
        assert report.exit_code in _TOLD, f"{seed}: {report.error}"
        assert inspection.exit_code in _TOLD, f"{seed}: {inspection.failure}"
        assert to_bytes(asdict(report))
        assert to_bytes(inspection.to_json())
        assert all(line.strip().isprintable() for line in indented(lines_of(inspection)))
        problems = report.error.problems if report.error else ()
        assert report.exit_code is not Exit.REFUSED or problems, f"{seed}: refused for nothing"
        assert report.exit_code is not Exit.UNREADABLE or report.error.hint, f"{seed}: no way out"
