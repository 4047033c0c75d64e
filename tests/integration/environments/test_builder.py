"""Environments are built once, rebuilt when their lock changes, and never half there: with a fake installer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3 import install_paths
from keras2to3.environments import builder, installers, interpreters, locking
from keras2to3.environments.installers import Command, Say, python_of
from keras2to3.environments.interpreters import Interpreter
from tests.support.work import calls_of


class FakeInstaller:
    """Creates the interpreter as uv would and records every command it is asked to run."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.failure: BaseException | None = None
        self.before_install = lambda: None

    @property
    def builds(self) -> int:
        return sum(command[1] == "venv" for command in self.commands)

    def run(self, command: Command, _say: Say, _folder: Path) -> None:
        self.commands.append(command)
        if command[1] == "venv":
            python = python_of(Path(command[-1]))
            python.parent.mkdir(parents=True)
            python.touch()
            return
        self.before_install()
        if self.failure:
            raise self.failure


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keras2.lock"
    path.write_text("one==1")
    monkeypatch.setattr(builder, "lock_of", lambda _name: path)
    monkeypatch.delenv("KERAS2TO3_PYTHON_KERAS2", raising=False)
    return path


@pytest.fixture
def installer(lock: Path, monkeypatch: pytest.MonkeyPatch) -> FakeInstaller:
    fake = FakeInstaller()
    monkeypatch.setattr(installers, "choose", lambda: ("uv", ("uv",)))
    monkeypatch.setattr(installers, "run", fake.run)
    monkeypatch.setattr(interpreters, "find", lambda *_: Interpreter("/usr/bin/python3.11", "3.11.7"))
    return fake


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def ensure(home: Path) -> Path:
    return builder.ensure("keras2", lambda _: None, home)


def test_the_first_call_builds_and_says_so(home: Path, installer: FakeInstaller) -> None:
    said: list[str] = []
    python = builder.ensure("keras2", said.append, home)
    assert python == python_of(home / "keras2")
    assert [command[1] for command in installer.commands] == ["venv", "pip"]
    assert "Python 3.11.7" in said[0]
    assert "ready" in said[-1]


def test_a_warm_call_starts_nothing_and_does_little(
    home: Path, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(home)
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(locking, "exclusive", None)
    calls = calls_of(lambda: ensure(home))
    assert calls < 1_000
    assert installer.builds == 1


def test_a_changed_lock_rebuilds_from_nothing(home: Path, installer: FakeInstaller, lock: Path) -> None:
    ensure(home)
    left_over = home / "keras2" / "left-over"
    left_over.touch()
    lock.write_text("one==2")
    ensure(home)
    assert installer.builds == 2
    assert not left_over.exists()


@pytest.mark.parametrize("stamp", [None, "", "null", "[]", "{}", '{"python": 3}'])
def test_an_environment_without_a_whole_stamp_is_rebuilt(
    home: Path, installer: FakeInstaller, stamp: str | None
) -> None:
    ensure(home)
    path = home / "keras2" / "keras2to3.json"
    path.unlink() if stamp is None else path.write_text(stamp)
    ensure(home)
    assert installer.builds == 2


def test_a_killed_build_is_no_environment(home: Path, installer: FakeInstaller) -> None:
    installer.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        ensure(home)
    installer.failure = None
    ensure(home)
    assert installer.builds == 2


STOPS = [
    KeyboardInterrupt(),
    Failure(Exit.ENVIRONMENT, "no network"),
    OSError(28, "No space left on device"),
    SystemExit(1),
]


@pytest.mark.parametrize("stop", STOPS, ids=repr)
@pytest.mark.parametrize("deep", [0, 3])
def test_whatever_stops_a_build_leaves_nothing_of_it_and_says_so(
    home: Path, installer: FakeInstaller, stop: BaseException, deep: int
) -> None:
    def fill() -> None:
        inner = home / "keras2" / "lib" / Path(*"abc"[:deep])
        inner.mkdir(parents=True)
        (inner / "half.py").touch(mode=0o400)

    installer.before_install, installer.failure = fill, stop
    said: list[str] = []
    with pytest.raises((type(stop), Failure)):
        builder.ensure("keras2", said.append, home)
    assert [path.name for path in home.iterdir()] == ["keras2.busy"]
    assert said[-1] == "The unfinished part of the keras2 environment was removed."
    installer.before_install, installer.failure = lambda: None, None
    assert ensure(home).exists()
    assert installer.builds == 2


# Whoever runs the tests may ignore what is asked here, as nohup does.
_BUILD = """
import signal, sys
from pathlib import Path
from keras2to3.cli import main
from keras2to3.environments import builder, interpreters
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.default_int_handler)
builder.default_home = lambda: Path(sys.argv[1])
interpreters.find = lambda *_: interpreters.Interpreter(sys.executable, "3.11.7")
sys.exit(main.main(["migrate", "nowhere.h5", "--output-dir", sys.argv[2]]))
"""
# Makes the folder, then writes into it for ever, and so does what it has started in the background.
_SLOW_UV = """
if [ "$1" = --version ]; then echo uv 0.9.0; exit; fi
if [ "$1" = venv ]; then for folder; do :; done; mkdir -p "$folder/bin"; touch "$folder/bin/python"; exit; fi
(while :; do mkdir -p "$PWD/keras2/lib"; date > "$PWD/keras2/lib/half"; sleep 0.01; done) &
echo "Downloading tensorflow (200.0MiB)"
wait
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the fake is a shell script")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_stop_while_an_environment_is_built_leaves_nothing_half_built(
    number: signal.Signals, tmp_path: Path
) -> None:
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(f"#!/bin/sh{_SLOW_UV}")
    uv.chmod(0o755)
    variables = {
        **os.environ,
        "PATH": f"{uv.parent}:{os.environ['PATH']}",
        "KERAS2TO3_INSTALLER": "uv",
        "PYTHONPATH": ".",
    }
    command = [sys.executable, "-c", _BUILD, str(tmp_path / "home"), str(tmp_path / "migrated")]
    begun = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
    )
    with begun as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Downloading tensorflow" in line:
                break
        process.send_signal(number)
        told = process.stderr.read()
    assert process.returncode == Exit.INTERRUPTED
    assert "The unfinished part of the keras2 environment was removed" in told
    assert "interrupted" in told
    time.sleep(0.1)  # what goes on would have written again
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["keras2.busy"]
    assert not (tmp_path / "migrated").exists()


@pytest.mark.parametrize("stop", STOPS, ids=repr)
def test_a_rebuild_that_stops_leaves_the_earlier_environment_as_it_was(
    home: Path, installer: FakeInstaller, lock: Path, stop: BaseException
) -> None:
    ensure(home)
    (home / "keras2" / "package.py").write_text("of the first lock")
    lock.write_text("one==2")
    installer.failure = stop
    said: list[str] = []
    with pytest.raises((type(stop), Failure)):
        builder.ensure("keras2", said.append, home)
    assert said[-1] == f"The earlier keras2 environment is as it was: {home / 'keras2'}"
    assert sorted(path.name for path in home.iterdir()) == ["keras2", "keras2.busy"]
    assert (home / "keras2" / "package.py").read_text() == "of the first lock"
    lock.write_text("one==1")
    ensure(home)
    assert installer.builds == 2, "it is current again"


@pytest.mark.parametrize("stamped", [False, True])
def test_after_a_rebuild_that_was_killed_outright_one_of_both_is_whole(
    home: Path, installer: FakeInstaller, stamped: bool
) -> None:
    ensure(home)
    earlier = home / "keras2.previous"
    (home / "keras2").rename(earlier)
    (earlier / "of-the-first").touch()
    (home / "keras2").mkdir()
    if stamped:
        ensure_another = home / "other"
        ensure(ensure_another)
        (home / "keras2").rmdir()
        (ensure_another / "keras2").rename(home / "keras2")
        (home / "keras2" / "keras2to3.json").write_text("{}")
    before = installer.builds
    ensure(home)
    assert not earlier.exists()
    assert installer.builds == before + stamped
    assert (home / "keras2" / "of-the-first").exists() is not stamped


def test_without_an_interpreter_nothing_is_touched(
    home: Path, installer: FakeInstaller, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(home)
    lock.write_text("one==2")

    def find(*_: object) -> Interpreter:
        raise Failure(Exit.ENVIRONMENT, "no Python 3.11")

    monkeypatch.setattr(interpreters, "find", find)
    with pytest.raises(Failure, match=r"no Python 3\.11"):
        ensure(home)
    lock.write_text("one==1")
    ensure(home)
    assert installer.builds == 1


@pytest.mark.parametrize("variable", ["KERAS2TO3_HOME", "XDG_CACHE_HOME"])
def test_the_folder_of_all_environments(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS2TO3_HOME", raising=False)
    assert builder.default_home().name == ".nox"
    monkeypatch.setattr(install_paths, "is_checkout", lambda: False)
    monkeypatch.setenv(variable, str(tmp_path))
    assert tmp_path in (builder.default_home(), builder.default_home().parent)


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_paths, "is_checkout", lambda: False)
    for name in ("KERAS2TO3_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # a user who is in no list of users
    with pytest.raises(Failure) as raised:
        builder.default_home()
    assert raised.value.code is Exit.ENVIRONMENT
    assert "KERAS2TO3_HOME" in (raised.value.hint or "")


def test_an_environment_whose_interpreter_is_gone_is_rebuilt(home: Path, installer: FakeInstaller) -> None:
    ensure(home).unlink()
    ensure(home)
    assert installer.builds == 2


def test_a_python_that_no_longer_serves_is_replaced(
    home: Path, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(home)
    monkeypatch.setitem(builder.PYTHONS, "keras2", ("3.10",))
    ensure(home)
    assert installer.builds == 2


def test_naming_another_interpreter_rebuilds_once(
    home: Path, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(home)
    monkeypatch.setenv("KERAS2TO3_PYTHON_KERAS2", "/opt/python3.11")
    ensure(home)
    ensure(home)
    monkeypatch.delenv("KERAS2TO3_PYTHON_KERAS2")
    ensure(home)
    assert installer.builds == 2


def test_two_at_once_build_once(home: Path, installer: FakeInstaller) -> None:
    waiting, installing = threading.Event(), threading.Event()

    def hold() -> None:
        installing.set()
        assert waiting.wait(10)

    installer.before_install = hold
    first = threading.Thread(target=ensure, args=(home,))
    first.start()
    assert installing.wait(10)
    builder.ensure("keras2", lambda text: waiting.set() if "Waiting" in text else None, home)
    first.join()
    assert waiting.is_set()
    assert installer.builds == 1


def test_a_home_that_cannot_be_written_is_a_failure(tmp_path: Path, installer: FakeInstaller) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(Failure) as raised:
        ensure(tmp_path / "home")
    assert raised.value.code is Exit.ENVIRONMENT
    assert str(tmp_path / "home") in raised.value.message


def test_a_failing_installer_fails_the_environment(home: Path, installer: FakeInstaller) -> None:
    installer.failure = Failure(Exit.ENVIRONMENT, "no network")
    with pytest.raises(Failure, match="no network"):
        ensure(home)
    assert not (home / "keras2" / "keras2to3.json").exists()


def test_what_is_imported_is_compiled_whatever_the_user_has_set(
    home: Path, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker cannot write there, and without its bytecode TensorFlow takes four times as long to import."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(builder, "python_of", lambda _folder: Path(sys.executable))
    (home / "package").mkdir(parents=True)
    (home / "package" / "keras.py").touch()
    monkeypatch.setattr(installers, "ask", _from_folder(home / "package", installers.ask))
    ensure(home)
    assert list((home / "package").glob("__pycache__/keras.*.pyc"))


def test_a_build_writes_nothing_into_the_home_of_the_user(
    home: Path, installer: FakeInstaller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras writes its settings when it is imported."""
    user, package = tmp_path / "user", home / "package"
    for folder in (user, package):
        folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(user))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(builder, "python_of", lambda _folder: Path(sys.executable))
    place = "pathlib.Path(os.environ.get('KERAS_HOME') or pathlib.Path.home())"
    (package / "keras.py").write_text(f"import os, pathlib\n({place} / 'keras.json').touch()\n")
    monkeypatch.setattr(installers, "ask", _from_folder(package, installers.ask))
    ensure(home)
    assert list(user.iterdir()) == []


def _from_folder(folder: Path, ask: Callable[[Command, float], Any]) -> Callable[[Command, float], Any]:
    """`ask` for a Python that finds its modules in `folder`."""

    def asked(command: Command, seconds: float) -> Any:
        where = f"import sys; sys.path.insert(0, {str(folder)!r}); "
        return ask((*command[:-1], where + command[-1]), seconds)

    return asked
