"""The scanner in processes of their own: what it imports, and files that others have locked."""

from __future__ import annotations

import fcntl
import subprocess
import sys

import pytest

from keras2to3.executors.worker_environment import isolation
from keras2to3.scanner.examine import scan_model
from tests.attacks import containers
from tests.models.hdf5_files import write
from tests.unit.scanner.test_formats import in_format


@pytest.mark.parametrize("name", [name for name in containers.FORMATS if name not in ("h5", "keras")])
def test_no_format_asks_for_tensorflow_or_for_what_it_does_not_need(tmp_path, name):
    path = in_format(tmp_path, name)
    code = "import sys; from pathlib import Path; from keras2to3.scanner.examine import examine;"
    code += "examine(Path(sys.argv[1]));"
    code += "sys.exit(bool({'tensorflow', 'keras', 'google.protobuf'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 0


def test_a_file_that_somebody_else_has_locked(tmp_path):
    """By the scanner, and by a worker that has nothing but its environment."""
    path = write(tmp_path / "model.h5")
    code = "import sys, h5py; h5py.File(sys.argv[1]).close()"
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert scan_model(path).format == "h5"
        for variables, fails in ((isolation(tmp_path, ())["env"], False), ({"HDF5_USE_FILE_LOCKING": "TRUE"}, True)):
            made = subprocess.run([sys.executable, "-c", code, path], env=variables, capture_output=True, check=False)
            assert bool(made.returncode) is fails, made.stderr


def test_nothing_heavy_is_imported_to_say_that_a_file_is_missing(tmp_path):
    code = "import sys, keras2to3.scanner; sys.exit('numpy' in sys.modules or 'h5py' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
