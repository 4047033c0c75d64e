"""What is renamed into place is on the disk before, and its name after."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from keras2to3.results import durability
from keras2to3.results.file_moves import JOURNAL, Move, commit
from keras2to3.results.portable_names import HIDDEN


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is synchronised and renamed, in order."""
    seen: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        seen.append(("sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        fsync(descriptor)

    def renamed(draft: os.PathLike[str], target: os.PathLike[str]) -> None:
        seen.append(("rename", str(target)))
        replace(draft, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    return seen


def test_a_file_is_written_before_it_has_its_name(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    durability.write(b"x", tmp_path / "draft", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"x"
    assert calls == [
        ("sync", str(tmp_path / "draft")),
        ("rename", str(tmp_path / "target")),
        ("sync", str(tmp_path)),
    ]


def test_results_are_written_before_the_list_of_moves_and_named_before_it_goes(
    tmp_path: Path, calls: list[tuple[str, str]]
) -> None:
    output, staged = tmp_path / "out", tmp_path / "out" / HIDDEN / "staged"
    (staged / "bundle").mkdir(parents=True)
    (output / "team").mkdir()
    (staged / "bundle" / "weights.npz").write_bytes(b"w")
    (staged / "model").write_bytes(b"m")
    moves = [Move(output / "team" / "a.keras", staged / "model"), Move(output / "team" / "a.bundle", staged / "bundle")]
    commit(moves, output, staged / "aside")
    journal = calls.index(("rename", str(output / HIDDEN / JOURNAL)))
    before, after = calls[:journal], calls[journal + 1 :]
    for path in (staged / "model", staged / "bundle" / "weights.npz", staged / "bundle", staged / "aside" / JOURNAL):
        assert ("sync", str(path)) in before
    renamed = [number for number, (what, _) in enumerate(after) if what == "rename"]
    for folder in (output, output / "team"):
        assert ("sync", str(folder)) in after[renamed[-1] :]
    assert not (output / HIDDEN / JOURNAL).exists()


def failing(number: int) -> Callable[[int], None]:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_disk_that_fails_to_take_a_result_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / HIDDEN).mkdir()
    target, staged = tmp_path / "a.keras", tmp_path / HIDDEN / "a"
    target.write_bytes(b"earlier")
    staged.write_bytes(b"new")
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        commit([Move(target, staged)], tmp_path, tmp_path / HIDDEN / "aside")
    assert target.read_bytes() == b"earlier"


def test_a_file_system_need_not_synchronise_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", failing(errno.EINVAL))
    durability.sync_names(tmp_path)
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        durability.sync_names(tmp_path)
