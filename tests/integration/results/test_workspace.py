"""Two runs in one output folder: one at a time, in whichever container, and nothing of another is removed."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.dry_run import check
from keras2to3.executors.scheduler import migrate
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.reports.console import Lines
from keras2to3.results import locks, workspace
from keras2to3.results.portable_names import HIDDEN
from tests.models import hdf5_files
from tests.support.paths import ROOT

PATIENCE = 60
OptionsFor = Callable[..., Options]
UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


@contextlib.contextmanager
def running(place: Path, *arguments: object, prefix: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    """The command with fake workers, its lines on a pipe; ended afterwards."""
    command = [
        *prefix,
        sys.executable,
        "-m",
        "tests.support.fake_command",
        str(place / "payload"),
        *map(str, arguments),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=place, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, lines = process.communicate(timeout=PATIENCE)
    return process.returncode, lines


def lines_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr
    assert any(text in line for line in process.stderr), text


def sources(place: Path, *names: str) -> list[Path]:
    paths = [place / "models" / name for name in names]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.stem)
    return paths


def inside(*prefix: str) -> None:
    if prefix and (
        not shutil.which(prefix[0]) or subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("this user, or this container, may make no PID namespaces")


@pytest.mark.parametrize("prefix", [(), UNSHARE], ids=["one namespace", "two PID namespaces"])
def test_the_second_run_is_told_who_is_at_work_and_takes_nothing_away(prefix: tuple[str, ...], tmp_path: Path) -> None:
    inside(*prefix)
    first = sources(tmp_path, "a.h5", "b-waits.h5", "c.h5")
    (second,) = sources(tmp_path, "d.h5")
    with running(tmp_path, "migrate", *first, "--jobs=1", prefix=prefix) as one:
        lines_until(one, "exporting b-waits.h5")
        with running(tmp_path, "migrate", second, prefix=prefix) as two:
            code, said = ended(two)
        assert code == Exit.ENVIRONMENT
        assert "migrated is in use by another run: process " in said
        assert "b-waits.h5" in said, "its command"
        assert "--wait" in said
        with running(tmp_path, "migrate", second, "--wait", prefix=prefix) as three:
            lines_until(three, "waiting for migrated: process ")
            assert three.poll() is None
            (bundles,) = (tmp_path / "migrated" / HIDDEN).glob("*/pair-0/bundles")
            (bundles / "go").touch()
            assert ended(one)[0] == Exit.VERIFIED
            assert ended(three)[0] == Exit.VERIFIED
    document = json.loads((tmp_path / "migrated" / "summary.json").read_text())
    assert [row["name"] for row in document["sources"]] == [f"models/{name}" for name in ("d", "a", "b-waits", "c")]
    assert {row["status"] for row in document["sources"]} == {"verified"}
    with running(tmp_path, "migrate", second, "--output-dir", "other") as four:
        assert ended(four)[0] == Exit.VERIFIED, "which the hint says"
    assert not (tmp_path / "migrated" / HIDDEN).exists()


@pytest.mark.parametrize("prefix", [(), UNSHARE], ids=["one namespace", "two PID namespaces"])
def test_many_runs_at_once_that_wait_all_arrive(prefix: tuple[str, ...], tmp_path: Path) -> None:
    inside(*prefix)
    paths = sources(tmp_path, *(f"{number}.h5" for number in range(6)))
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(running(tmp_path, "migrate", path, "--wait", prefix=prefix)) for path in paths]
        assert [ended(run) for run in runs if ended(run)[0]] == []
    document = json.loads((tmp_path / "migrated" / "summary.json").read_text())
    assert {row["name"] for row in document["sources"]} == {f"models/{number}" for number in range(6)}
    assert not (tmp_path / "migrated" / HIDDEN).exists()


def test_a_run_that_was_killed_holds_nothing_and_its_folder_is_removed(tmp_path: Path) -> None:
    first, second = sources(tmp_path, "a-waits.h5", "b.h5")
    with running(tmp_path, "migrate", first) as one:
        lines_until(one, "exporting a-waits.h5")
        one.send_signal(signal.SIGKILL)
        one.wait()
        hidden = tmp_path / "migrated" / HIDDEN
        assert len([path for path in hidden.iterdir() if path.is_dir()]) == 1
        with running(tmp_path, "migrate", second) as two:
            assert ended(two)[0] == Exit.VERIFIED
    assert not hidden.exists()


def test_who_waits_can_be_interrupted(tmp_path: Path) -> None:
    first, second = sources(tmp_path, "a-waits.h5", "b.h5")
    with running(tmp_path, "migrate", first) as one:
        lines_until(one, "exporting a-waits.h5")
        with running(tmp_path, "migrate", second, "--wait") as two:
            lines_until(two, "waiting for")
            two.send_signal(signal.SIGINT)
            assert ended(two)[0] == Exit.INTERRUPTED


def left(output: Path, name: str, age: float, *, locked: bool = False) -> int | None:
    """The folder of some run, as old as this; a descriptor that holds its lock."""
    folder = output / HIDDEN / name
    folder.mkdir(parents=True)
    (folder / "file").touch()
    descriptor = locks.open_lock(folder / locks.LOCK)
    os.utime(folder / locks.LOCK, (time.time() - age,) * 2)
    if locked:
        assert locks.is_locked(descriptor)
        return descriptor
    os.close(descriptor)
    return None


OURS, OTHER_BOOT, OTHER_HOST = "own", "host.other-boot", "other.boot"
# By what it is: whose folder, seconds since it has told that it lives, whether its lock is held, and whether it goes.
FOLDERS = {
    "one of this machine that has ended": (OURS, 0, False, True),
    "one of this machine that lives": (OURS, 0, True, False),
    "one of this machine that lives and hangs": (OURS, 1e6, True, False),
    "one of another host": (OTHER_HOST, 0, False, False),
    "one of another boot": (OTHER_BOOT, 3600, False, False),
    "one of another host that is silent": (OTHER_HOST, 1e6, False, True),
    "one of another host that is silent and locked": (OTHER_HOST, 1e6, True, False),
}


@pytest.mark.parametrize("what", FOLDERS)
def test_only_what_has_ended_is_removed(what: str, tmp_path: Path) -> None:
    whose, age, locked, goes = FOLDERS[what]
    name = f"{workspace._machine() if whose == OURS else whose}-0123"
    descriptor = left(tmp_path, name, age, locked=locked)
    with workspace.workspace(tmp_path, print) as folder:
        assert folder.name.startswith(workspace._machine())
        assert (tmp_path / HIDDEN / name / "file").exists() is not goes
    if descriptor is not None:
        os.close(descriptor)
    assert (tmp_path / HIDDEN).exists() is not goes


def test_a_run_tells_that_it_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "_BEAT", 0.01)
    threads = threading.active_count()
    with workspace.workspace(tmp_path, print) as folder:
        os.utime(folder / locks.LOCK, (1, 1))
        deadline = time.monotonic() + PATIENCE
        while (folder / locks.LOCK).stat().st_mtime < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (folder / locks.LOCK).stat().st_mtime > 2
    assert threading.active_count() == threads


def test_a_check_may_be_made_while_a_run_is_at_work(tmp_path: Path) -> None:
    hdf5_files.write(tmp_path / "a.h5")
    options = CheckOptions((tmp_path / "a.h5",), tmp_path / "out")
    with workspace.workspace(tmp_path / "out", print) as folder:
        assert check.check(options, Lines(io.StringIO())) is Exit.VERIFIED
        assert folder.is_dir()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["check.json"]


@pytest.mark.parametrize("content", ["", "[]", '{"schema": 1, "mine": 1}'])
def test_a_check_replaces_no_file_that_is_not_its_own(content: str, tmp_path: Path) -> None:
    hdf5_files.write(tmp_path / "a.h5")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "check.json").write_text(content)
    with pytest.raises(Failure) as caught:
        check.check(CheckOptions((tmp_path / "a.h5",), tmp_path / "out"), Lines(io.StringIO()))
    assert caught.value.code is Exit.ENVIRONMENT
    assert (tmp_path / "out" / "check.json").read_text() == content
    assert check.check(CheckOptions((tmp_path / "a.h5",), tmp_path / "other"), Lines(io.StringIO())) is Exit.VERIFIED


def test_a_link_is_no_folder_to_work_in(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / HIDDEN).symlink_to("../elsewhere")
    with pytest.raises(Failure) as caught, workspace.workspace(tmp_path / "out", print):
        pass
    assert caught.value.code is Exit.ENVIRONMENT
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_where_nothing_can_be_locked_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_workers: None, options_for: OptionsFor
) -> None:
    import errno
    import fcntl

    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(Failure) as caught:
        migrate(options_for("a"), Lines(io.StringIO()))
    assert (caught.value.code, "--output-dir" in str(caught.value.hint)) == (Exit.ENVIRONMENT, True)
    assert [path.name for path in (tmp_path / "migrated").rglob("*")] == [HIDDEN, locks.LOCK]


def test_a_workspace_that_cannot_be_removed_is_told_and_the_next_run_removes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(workspace, "remove", lambda _: OSError(errno.EBUSY, "Device or resource busy"))
        with workspace.workspace(tmp_path, said.append) as folder:
            pass
    assert said == [
        f"warning: {folder} is left, for it cannot be removed: Device or resource busy; the next run tries again"
    ]
    assert folder.exists()
    with workspace.workspace(tmp_path, pytest.fail):
        pass
    assert not folder.exists()
