"""Interpreters are found by starting them: fakes stand for the shims, hangs and surprises of real machines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.environments import installers, interpreters
from keras2to3.environments.interpreters import Interpreter

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts")

VARIABLE = "KERAS2TO3_PYTHON_TEST"


def fake(path: Path, body: str) -> str:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def python(path: Path, version: str, flavour: str = "cpython", bits: int = 64) -> str:
    """A fake that answers the probe as a Python of that version does, after some chatter."""
    facts = {"version": version, "executable": str(path), "flavour": flavour, "bits": bits}
    return fake(path, f"echo 'site customisation says hello'\necho '{json.dumps(facts)}'")


def shim(path: Path) -> str:
    """What pyenv puts on the PATH for every version it has, whether or not that version is selected."""
    return fake(path, f"echo 'pyenv: {path.name}: command not found' >&2\nexit 127")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty PATH of two folders, no home, no uv and no override."""
    path = [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setenv("PATH", ":".join(map(str, path)))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("PYENV_ROOT", VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(installers, "find_uv", lambda: None)
    return tmp_path


def find(*versions: str) -> Interpreter:
    return interpreters.find("test", versions, VARIABLE)


def test_the_running_interpreter_answers() -> None:
    found = interpreters.probe((sys.executable,))
    assert isinstance(found, Interpreter)
    assert found.version == "{}.{}.{}".format(*sys.version_info[:3])
    assert Path(found.executable).exists()


def test_a_shim_is_passed_over_for_the_next_match_on_the_path(machine: Path) -> None:
    shim(machine / "first/python3.99")
    real = python(machine / "second/python3.99", "3.99.1")
    assert find("3.99") == Interpreter(real, "3.99.1")


def test_a_hanging_candidate_is_passed_over(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "PROBE_SECONDS", 0.5)
    fake(machine / "first/python3.99", "PATH=/usr/bin:/bin; exec sleep 60")
    real = python(machine / "second/python3.99", "3.99.1")
    assert find("3.99").executable == real


def test_the_name_of_a_file_does_not_count(machine: Path) -> None:
    python(machine / "first/python3.99", "3.98.0")
    real = python(machine / "second/python3", "3.99.0")
    assert find("3.99").executable == real


def test_the_first_wanted_version_wins_wherever_it_is(machine: Path) -> None:
    python(machine / "first/python3.98", "3.98.0")
    best = python(machine / "home/.pyenv/versions/3.99.4/bin/python3.99", "3.99.4")
    assert find("3.99", "3.98").executable == best
    assert find("3.97", "3.98").version == "3.98.0"


def test_pyenv_may_live_elsewhere(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(machine / "pyenv"))
    real = python(machine / "pyenv/versions/3.99.4/bin/python3.99", "3.99.4")
    assert find("3.99").executable == real


def test_uv_is_asked_for_what_it_knows(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = python(machine / "managed/python3.99", "3.99.0")
    uv = fake(machine / "uv", f'[ "$2" = find ] && [ "$3" = --no-python-downloads ] && echo {real}')
    monkeypatch.setattr(installers, "find_uv", lambda: (uv,))
    assert find("3.99").executable == real


@pytest.mark.parametrize(
    ("flavour", "bits"), [("pypy", 64), ("cpythont", 64), ("cpython", 32)], ids=["pypy", "free-threaded", "32-bit"]
)
def test_a_python_without_tensorflow_wheels_is_refused(machine: Path, flavour: str, bits: int) -> None:
    outcome = interpreters.probe((python(machine / "odd", "3.99.0", flavour, bits),))
    assert isinstance(outcome, str)
    assert "not an ordinary 64-bit CPython" in outcome


@pytest.mark.parametrize("answer", ["", "Python 3.99", "{}", "[3, 99]", "null"])
def test_what_answers_otherwise_is_no_python(machine: Path, answer: str) -> None:
    outcome = interpreters.probe((fake(machine / "odd", f"echo '{answer}'"),))
    assert isinstance(outcome, str)
    assert outcome.startswith("not a Python")


def test_the_variable_decides(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python(machine / "first/python3.99", "3.99.0")
    chosen = python(machine / "mine", "3.98.7")
    monkeypatch.setenv(VARIABLE, chosen)
    assert find("3.99", "3.98").executable == chosen


@pytest.mark.parametrize("version", ["3.97.0", None], ids=["wrong version", "missing"])
def test_a_variable_that_cannot_be_obeyed_is_an_error(
    machine: Path, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    python(machine / "first/python3.99", "3.99.0")
    chosen = python(machine / "mine", version) if version else str(machine / "missing")
    monkeypatch.setenv(VARIABLE, chosen)
    with pytest.raises(Failure) as raised:
        find("3.99")
    assert raised.value.code is Exit.ENVIRONMENT
    assert f"{VARIABLE}={chosen}" in raised.value.message
    assert VARIABLE in (raised.value.hint or "")


def test_none_found_names_what_was_tried_and_three_ways_out(machine: Path) -> None:
    shim(machine / "first/python3.99")
    python(machine / "second/python3", "3.98.2")
    with pytest.raises(Failure) as raised:
        find("3.99", "3.97")
    failure = raised.value
    assert failure.code is Exit.ENVIRONMENT
    assert failure.message.startswith("No Python 3.99 or 3.97 was found for the test environment.")
    shim_line = f"{machine}/first/python3.99: exit status 127: pyenv: python3.99: command not found"
    assert shim_line in failure.detail["log"]
    assert f"{machine}/second/python3: is Python 3.98.2" in failure.detail["log"]
    for way in ("pyenv install 3.99", "uv python install 3.99", f"set {VARIABLE}"):
        assert way in (failure.hint or "")


def test_no_candidate_is_started_twice(machine: Path) -> None:
    log = machine / "log"
    fake(machine / "first/python3", f"echo started >> {log}\nexit 1")
    with pytest.raises(Failure):
        find("3.99", "3.98", "3.97")
    assert log.read_text() == "started\n"


def test_a_user_without_a_home_can_have_a_python_on_the_path(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    found = python(machine / "first/python3", "3.98.2")
    assert find("3.99", "3.98").executable == found
