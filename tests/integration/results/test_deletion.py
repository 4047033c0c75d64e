"""Whatever lies there is removed, and nothing else is."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from keras2to3.results import deletion
from keras2to3.results.deletion import remove
from tests.support.paths import ROOT


def nest(folder: Path, depth: int, name: str = "d") -> None:
    """Folders in folders, as deep as no path can say."""
    folder.mkdir()
    above = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=above)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=above))
        below = os.open(name, os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)


def lead_out(folder: Path) -> None:
    """Links to the user's own files and folders, in every place a walk may meet one."""
    folder.mkdir()
    (folder / "file").symlink_to(folder.parent / "users" / "file")
    (folder / "folder").symlink_to(folder.parent / "users")
    (folder / "in" / "deep").mkdir(parents=True)
    (folder / "in" / "deep" / "up").symlink_to(folder.parent)
    os.link(folder.parent / "users" / "file", folder / "in" / "hard")


def be_odd(folder: Path) -> None:
    """Everything but files and folders, under names of every kind."""
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "same" / "same" / "same").mkdir(parents=True)
    os.mknod(folder / "socket", stat.S_IFSOCK | 0o600)
    for name in ("a\nb", "\x1b[2J", "-rf", " ", "\udcff", "x" * 255):
        (folder / name).mkdir()
        (folder / name / name).touch()


def be_wide(folder: Path) -> None:
    for number in range(500):
        (folder / str(number)).mkdir(parents=True)


TREES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda folder: None,
    "a file": Path.touch,
    "a link": lambda folder: folder.symlink_to(folder.parent / "users"),
    "a link to nothing": lambda folder: folder.symlink_to("nowhere"),
    "a loop": lambda folder: folder.symlink_to(folder.name),
    "an empty folder": Path.mkdir,
    "deep": lambda folder: nest(folder, 3_000),
    "deep and long": lambda folder: nest(folder, 300, "x" * 255),
    "links": lead_out,
    "odd": be_odd,
    "wide": be_wide,
}


@pytest.mark.parametrize("make", TREES.values(), ids=list(TREES))
def test_it_is_gone_and_all_else_is_there(make: Callable[[Path], object], tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.mkdir(mode=0o750)
    (users / "file").write_text("of the user")
    make(tmp_path / "tree")
    assert remove(tmp_path / "tree") is None
    assert [path.name for path in tmp_path.iterdir()] == ["users"]
    assert (users / "file").read_text() == "of the user"
    assert stat.S_IMODE(users.stat().st_mode) == 0o750


_UNREADABLE = """
import os, pathlib, sys
from keras2to3.results.deletion import remove
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
top = pathlib.Path("tree")
for number, mode in enumerate((0o000, 0o100, 0o200, 0o400, 0o500, 0o600)):
    folder = top / str(number)
    (folder / "in" / "in").mkdir(parents=True)
    (folder / "in" / "file").touch(mode=0)
    (folder / "in" / "in").chmod(mode)
    (folder / "in").chmod(mode)
    folder.chmod(mode)
top.chmod(0)
sys.exit(remove(top) is not None or os.path.lexists(top))
"""


def test_an_ordinary_user_removes_what_may_not_be_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    environment = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", _UNREADABLE], env=environment, check=True, timeout=60, cwd=tmp_path)


def test_what_stays_is_told_and_the_rest_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_odd(tmp_path / "tree")
    unlink = os.unlink

    def refuse(name: str, *, dir_fd: int | None = None) -> None:
        if name == "pipe":
            raise PermissionError(1, "Operation not permitted")
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refuse)
    assert isinstance(remove(tmp_path / "tree"), OSError)
    assert [path.name for path in (tmp_path / "tree").iterdir()] == ["pipe"]
    monkeypatch.undo()
    assert remove(tmp_path / "tree") is None


def test_what_cannot_be_reached_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert isinstance(remove(tmp_path / "file" / "below"), OSError)
    assert remove(tmp_path / "missing" / "below") is None


def test_who_goes_on_writing_does_not_keep_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "_SECONDS", 0.5)
    (tmp_path / "tree").mkdir()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            (tmp_path / "tree" / f"{number}").mkdir(parents=True, exist_ok=True)

    thread = threading.Thread(target=write)
    thread.start()
    begun = time.monotonic()
    remove(tmp_path / "tree")
    assert time.monotonic() - begun < 10
    stop.set()
    thread.join()
