"""Versions, asked of the metadata of packages."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import numpy as np

from keras2to3.environments import installed_versions


def test_versions_are_those_that_an_import_would_tell() -> None:
    found = installed_versions.versions(Path(sys.executable), ("numpy", "tensorflow"))
    assert found == {"python": platform.python_version(), "numpy": np.__version__}


def test_a_python_that_cannot_be_asked_has_none(tmp_path: Path) -> None:
    assert installed_versions.versions(tmp_path / "python", ("numpy",)) == {}
