"""The command on macOS and Windows, as far as a process on this system can be like one there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from interchange.errors import Exit
from keras2to3 import Keras2To3Error, migrate
from keras2to3.environments import installers, interpreters
from tests.support.paths import ROOT

SYSTEMS = ["win32", "darwin"]


def run(system: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS2TO3_HOME": str(home), "COLUMNS": "200"}
    command = [sys.executable, "-m", "tests.support.other_platform", system, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, cwd=home)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_module_outside_of_the_sandbox_is_imported(system: str, tmp_path: Path) -> None:
    done = run(system, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 150


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_first_screen_says_where_it_runs(system: str, tmp_path: Path) -> None:
    done = run(system, "--help", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "usage: keras2to3" in done.stdout
    assert ("WSL" in done.stdout) is (system == "win32")


@pytest.mark.parametrize("verb", ["migrate", "rollback", "roundtrip", "check", "inspect"])
def test_on_windows_every_use_of_a_worker_says_what_to_do_instead(verb: str, tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_text("of no account")
    done = run("win32", verb, "model.h5", home=tmp_path)
    assert done.returncode == Exit.ENVIRONMENT
    assert "WSL" in done.stderr
    assert "wsl --install" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["model.h5"], "nothing is written, and no environment is built"


@pytest.mark.parametrize("system", SYSTEMS)
def test_environments_are_listed_everywhere(system: str, tmp_path: Path) -> None:
    done = run(system, "env", "list", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["environments"] == []


def test_a_wrong_usage_is_told_before_the_system(tmp_path: Path) -> None:
    assert run("win32", "migrate", home=tmp_path).returncode == Exit.USAGE


def test_paths_of_an_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert installers.python_of(Path("keras2")) == Path("keras2/Scripts/python.exe")
    monkeypatch.setattr(installers, "find_uv", lambda: None)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    python = tmp_path / "Programs" / "Python" / "Python311" / "python.exe"
    python.parent.mkdir(parents=True)
    python.touch()
    found = list(interpreters.candidates("3.11"))
    assert (str(python),) in found
    assert ("py", "-3.11") in found


def test_the_functions_for_python_say_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(Keras2To3Error, match="WSL") as raised:
        migrate("model.h5")
    assert raised.value.exit_code is Exit.ENVIRONMENT
