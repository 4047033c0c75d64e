"""Sessions of nox as programs: what they need, and what they do not import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from interchange.errors import Exit
from keras2to3.environments import builder
from tests.support.noxfile import VERBS, loaded
from tests.support.paths import ROOT


@pytest.mark.parametrize("verb", [*VERBS, "env"])
def test_help_needs_no_network_and_no_environment(verb: str, tmp_path: Path) -> None:
    """In a fresh copy, with nox's own interpreter, which has none of the command's packages."""
    for name in ("keras2to3", "interchange", "translation", "bytecode", "envs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "noxfile.py", tmp_path)
    for name in ("numpy", "h5py", "rich", "yaml"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('nox has no such package')")
    command = [sys.executable, "-m", "nox", "-f", str(tmp_path / "noxfile.py"), "-s", verb, "--", "--help"]
    variables = {**os.environ, builder.variable_of("command"): "/nowhere/python"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=variables, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"usage: keras2to3 {verb} " in done.stdout
    assert not (tmp_path / ".nox").exists()


@pytest.mark.parametrize("name", ["keras2to3", "interchange", "numpy", "h5py", "json", "argparse"])
def test_no_module_is_imported_from_where_the_user_stands(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text("open('imported', 'w')")
    (tmp_path / "model.json").write_text("{}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", loaded().COMMAND, "inspect", "model.json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == Exit.UNREADABLE, done.stderr
    assert "is not an HDF5 file: it is JSON" in done.stdout
    assert not (tmp_path / "imported").exists()
