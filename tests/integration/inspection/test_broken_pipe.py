"""An `inspect` whose reader goes away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.models import hdf5_files
from tests.support.paths import ROOT


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_that_goes_away_is_no_failure(options: list[str], tmp_path: Path) -> None:
    paths = [hdf5_files.write(tmp_path / f"{name}.h5") for name in "abc"]
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "keras2to3", "inspect", *options, *map(str, paths)]
    done = subprocess.run(command, check=False, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
