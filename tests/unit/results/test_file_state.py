"""What was scanned is what is loaded: every way in which a source may change in between is noticed."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.results.file_state import copy_of, read_by_workers, require_same, state_of
from keras2to3.scanner.model_files import digest_of

TICK = 0.02  # seconds, more than those in which the system counts the times of files


def overwritten_in_place(path: Path) -> None:
    times = path.stat()
    with path.open("r+b") as file:
        file.write(b"X")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def replaced(path: Path) -> None:
    shutil.copy2(path, path.with_suffix(".other"))
    os.replace(path.with_suffix(".other"), path)


def made_a_link(path: Path) -> None:
    path.rename(path.with_suffix(".other"))
    path.symlink_to(path.with_suffix(".other"))


CHANGES: dict[str, Callable[[Path], None]] = {
    "overwritten in place, its time set back": overwritten_in_place,
    "replaced by an equal file": replaced,
    "replaced by a link": made_a_link,
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"more"),
    "gone": Path.unlink,
    "another mode": lambda path: path.chmod(0o600),
}
IN_A_FOLDER: dict[str, Callable[[Path], None]] = {
    "a link more": lambda path: (path / "secret").symlink_to("/etc/passwd"),
    "a file more": lambda path: (path / "more").touch(),
    "a folder less": lambda path: shutil.rmtree(path / "variables"),
    "a folder that is a link now": lambda path: (
        (path / "variables").rename(path.parent / "moved"),
        (path / "variables").symlink_to(path.parent / "moved"),
    ),
    "a file within overwritten": lambda path: overwritten_in_place(path / "variables" / "data"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.h5"
    path.write_bytes(b"a model")
    time.sleep(TICK)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "a.tf"
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"a graph")
    (path / "variables" / "data").write_bytes(b"numbers")
    time.sleep(TICK)
    return path


def test_what_is_only_read_stays_the_same(file: Path, folder: Path) -> None:
    before = state_of([file, folder])
    file.read_bytes()
    digest_of(folder)
    require_same(before, [file, folder])


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_is_named(change: str, file: Path) -> None:
    before = state_of([file])
    CHANGES[change](file)
    with pytest.raises(Failure, match=r"a\.h5 changed after it was scanned") as caught:
        require_same(before, [file])
    assert caught.value.code is Exit.UNREADABLE


@pytest.mark.parametrize("change", IN_A_FOLDER)
def test_a_change_in_a_folder_is_named(change: str, folder: Path) -> None:
    before = state_of([folder])
    IN_A_FOLDER[change](folder)
    with pytest.raises(Failure, match=r"a\.tf/[\w/.]+ changed after it was scanned"):
        require_same(before, [folder])


def test_a_source_that_is_not_there_has_a_state_as_well(tmp_path: Path) -> None:
    before = state_of([tmp_path / "nothing"])
    (tmp_path / "nothing").touch()
    with pytest.raises(Failure, match="nothing changed"):
        require_same(before, [tmp_path / "nothing"])


def test_a_copy_shares_nothing_with_its_source(file: Path, tmp_path: Path) -> None:
    copy_of(file, tmp_path / "lent" / "a.h5", hashlib.sha256(b"a model").hexdigest())
    assert (tmp_path / "lent" / "a.h5").read_bytes() == b"a model"
    assert file.stat().st_nlink == 1
    assert not file.samefile(tmp_path / "lent" / "a.h5")


def test_a_copy_of_something_else_is_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="changed after it was scanned"):
        copy_of(file, tmp_path / "b.h5", "0" * 64)


def test_links_are_not_copied_and_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    sha256 = digest_of(folder)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "linked").symlink_to(tmp_path)
    copy_of(folder, tmp_path / "copy", sha256)
    found = {path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*")}
    assert found == {"saved_model.pb", "variables", "variables/data"}


def test_a_file_that_became_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    made_a_link(file)
    with pytest.raises(OSError, match="symbolic link"):
        copy_of(file, tmp_path / "b.h5", "0" * 64)


def test_a_source_is_what_its_link_leads_to_and_a_checkpoint_is_all_its_files(tmp_path: Path) -> None:
    for name in ("c.index", "c.data-00000-of-00001"):
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to("c.index")
    names = [path.name for path in read_by_workers(tmp_path / "link")]
    assert names == ["c.index", "c.data-00000-of-00001"]
