"""A real environment, small enough to build in a test: with uv, and with virtualenv and pip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from keras2to3 import install_paths
from keras2to3.environments import builder, installers

NOXFILE = install_paths.payload() / "noxfile.py"


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_build_then_reuse(installer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if installer == "uv" and installers.find_uv() is None:
        pytest.skip("uv is not on this machine")
    monkeypatch.setenv(installers.VARIABLE, installer)
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    said: list[str] = []
    python = builder.ensure("command", said.append, tmp_path / "a home")
    assert installer in said[0]
    code = "import sys, numpy, h5py, rich; print(sys.prefix)"
    prefix = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    assert Path(prefix) == tmp_path / "a home" / "command"

    monkeypatch.setattr(subprocess, "Popen", None)
    said.clear()
    assert builder.ensure("command", said.append, tmp_path / "a home") == python
    assert not said


def nox(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nox", "--noxfile", str(NOXFILE), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **variables})


def test_nox_fails_and_does_not_skip_when_an_environment_cannot_be_built() -> None:
    done = nox("--session", "keras2", KERAS2TO3_PYTHON_KERAS2="/nowhere/python3.11")
    assert done.returncode != 0
    assert "KERAS2TO3_PYTHON_KERAS2=/nowhere/python3.11" in done.stderr
    assert "skipped" not in done.stderr
    assert "Traceback" not in done.stderr


def test_nox_reuses_what_is_there() -> None:
    builder.ensure("keras2", print)
    done = nox("--session", "keras2")
    assert done.returncode == 0
    assert str(builder.default_home() / "keras2") in done.stderr
    assert "Building" not in done.stderr


def test_nox_checks_and_inspects_without_either_keras(tmp_path: Path) -> None:
    nowhere = {"KERAS2TO3_PYTHON_KERAS2": "/nowhere/python", "KERAS2TO3_PYTHON_KERAS3": "/nowhere/python"}
    model = install_paths.payload() / "examples" / "code_or_prose.h5"
    done = nox("--session", "check", "--", str(model), "--output-dir", str(tmp_path), **nowhere)
    assert done.returncode == 0, done.stderr
    assert "would be tried" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["check.json"]
    done = nox("--session", "inspect", "--", str(model), "--json", **nowhere)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sources"][0]["layers"]["parameters"] == 11217


def test_nox_migrates_with_given_pythons_and_builds_neither(tmp_path: Path) -> None:
    nowhere = {"KERAS2TO3_PYTHON_KERAS2": "/nowhere/python", "KERAS2TO3_PYTHON_KERAS3": "/nowhere/python"}
    given = [
        "--keras2-python",
        os.environ["KERAS2TO3_ENV_KERAS2"],
        f"--keras3-python={os.environ['KERAS2TO3_ENV_KERAS3']}",
    ]
    model = install_paths.payload() / "examples" / "code_or_prose.h5"
    output = str(tmp_path / "migrated")
    done = nox("--session", "migrate", "--", str(model), "--output-dir", output, *given, **nowhere)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "migrated").rglob("*.keras")] == ["code_or_prose.keras"]
