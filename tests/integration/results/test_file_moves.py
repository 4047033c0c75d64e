"""Files and folders that are put in place together: all or none of them, whatever happens in between."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from keras2to3.results import file_moves
from keras2to3.results.file_moves import JOURNAL, Move, commit, recover
from keras2to3.results.portable_names import HIDDEN

# By a name: the places before, and the moves: what is put there, or None for what is removed.
CASES: dict[str, tuple[dict[str, str], dict[str, str | None]]] = {
    "new files": ({}, {"a.report.json": "new", "a.keras": "new"}),
    "files that replace": ({"a.report.json": "old", "a.keras": "old"}, {"a.report.json": "new", "a.keras": "new"}),
    "a new report of an old place": ({"a.keras": "old"}, {"a.report.json": "new", "a.keras": "new"}),
    "a new folder": ({}, {"b/a.report.json": "new", "b/a.serving/x": "new"}),
    "folders that replace": (
        {"a.report.json": "old", "a.serving/x": "old", "a.bundle/y": "old"},
        {"a.report.json": "new", "a.serving/x": "new", "a.bundle/y": "new"},
    ),
    "a folder in the place of a file": ({"a.serving": "old"}, {"a.serving/x": "new"}),
    "a file in the place of a folder": ({"a.keras/x": "old"}, {"a.keras": "new"}),
    "a folder that is gone": (
        {"a.report.json": "old", "a.serving/x": "old"},
        {"a.serving": None, "a.report.json": "new"},
    ),
    "files that are gone": ({"a.keras": "old", "a.report.json": "old"}, {"a.keras": None, "a.report.json": "new"}),
}


def written(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def tree(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if HIDDEN not in path.parts and path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def prepared(output: Path, case: str) -> tuple[Path, list[Move]]:
    """The folder of a run, and its moves."""
    before, changes = CASES[case]
    stage = output / HIDDEN / "run" / "publishing"
    written(output, before)
    moves = []
    for name, content in changes.items():
        top = "/".join(part for part in name.split("/") if "." in part and part != name.split("/")[-1]) or name
        target = output / (f"b/{top}" if name.startswith("b/") and not top.startswith("b/") else top)
        staged = None
        if content is not None:
            staged = stage / f"draft-{len(moves)}"
            written(stage, {f"{staged.name}/{Path(name).name}" if top != name else staged.name: content})
            target.parent.mkdir(parents=True, exist_ok=True)
        moves.append(Move(target, staged))
    return stage, moves


def expected(case: str) -> tuple[dict[str, str], dict[str, str]]:
    before, changes = CASES[case]
    tops = {name.partition("/")[0] for name in changes if not name.startswith("b/")}
    after = {name: text for name, text in before.items() if name.partition("/")[0] not in tops}
    return before, {**after, **{name: text for name, text in changes.items() if text is not None}}


@contextlib.contextmanager
def each_call(monkeypatch: pytest.MonkeyPatch, number: int, happen: Callable[[], Any]) -> Iterator[list[str]]:
    """Let something happen before the call of this number that changes a folder."""
    calls: list[str] = []

    def wrapped(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def call(*arguments: Any, **keywords: Any) -> Any:
            calls.append(name)
            if len(calls) == number + 1:
                happen()
            return real(*arguments, **keywords)

        patch.setattr(owner, name, call)

    with monkeypatch.context() as patch:
        for owner, name in (
            (os, "replace"),
            (os, "link"),
            (Path, "unlink"),
            (Path, "write_bytes"),
            (file_moves, "_have_changed_places"),
        ):
            wrapped(owner, name)
        yield calls


@pytest.fixture(params=[True, False], ids=["exchange", "no exchange"])
def exchange(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the system lets two paths change their places in one step."""
    if not request.param:
        monkeypatch.setattr(file_moves, "_have_changed_places", lambda *_: False)
    return bool(request.param)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("exchange")
def test_all_moves_are_made(case: str, tmp_path: Path) -> None:
    stage, moves = prepared(tmp_path, case)
    commit(moves, tmp_path, stage / "aside")
    assert tree(tmp_path) == expected(case)[1]
    assert not (tmp_path / HIDDEN / JOURNAL).exists()


@pytest.mark.parametrize("case", CASES)
def test_whoever_is_killed_at_any_step_is_finished_by_the_next(
    case: str, exchange: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = expected(case)
    states = []
    for number in range(40):
        output = tmp_path / str(number)
        stage, moves = prepared(output, case)
        child = os.fork()
        if child == 0:
            with each_call(monkeypatch, number, lambda: os._exit(9)):
                commit(moves, output, stage / "aside")
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if exchange:  # neither the old nor the new is missing at any time
            for name in {Path(name).parts[0] for name in before} & {Path(name).parts[0] for name in after}:
                assert (output / name).exists(), (number, name)
        recover(output, output / HIDDEN / "next")
        states.append(tree(output))
        assert states[-1] in (before, after), number
        assert not (output / HIDDEN / JOURNAL).exists()
        recover(output, output / HIDDEN / "next")
        assert tree(output) == states[-1]
        if ended == 0:
            break
    assert states[0] == before
    assert states[-1] == after
    assert len(states) > len(moves) + 1, "it was killed at every step"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("exchange")
def test_a_disk_that_is_full_at_any_step_leaves_everything_as_it_was(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    failed = 0
    for number in range(40):
        output = tmp_path / str(number)
        stage, moves = prepared(output, case)
        with each_call(monkeypatch, number, full) as calls:
            try:
                commit(moves, output, stage / "aside")
            except OSError:
                if calls[number] == "unlink":  # of the journal, when all is done: the next run finds nothing to do
                    recover(output, output / HIDDEN / "next")
                    assert tree(output) == expected(case)[1]
                    continue
                failed += 1
                assert tree(output) == expected(case)[0], calls
            else:
                assert tree(output) == expected(case)[1]
        if len(calls) <= number:
            break
    assert failed > len(moves)


def test_what_was_put_there_meanwhile_stays(tmp_path: Path) -> None:
    written(tmp_path, {"a.keras": "the user's"})
    hidden = tmp_path / HIDDEN
    written(hidden, {"run/draft": "new"})
    rows = [{"from": f"{HIDDEN}/run/draft", "to": "b.keras", "inode": 1}, {"from": None, "to": "a.keras", "inode": 1}]
    (hidden / JOURNAL).write_text(json.dumps({"moves": rows}))
    recover(tmp_path, hidden / "next")
    assert tree(tmp_path) == {"a.keras": "the user's"}


@pytest.mark.parametrize("path", ["../secret", "/secret", "a/../../secret", "link/secret"])
def test_a_journal_does_not_lead_out_of_its_folder(path: str, tmp_path: Path) -> None:
    output, secret = tmp_path / "output", tmp_path / "secret"
    secret.write_text("secret")
    written(output / HIDDEN, {JOURNAL: ""})
    (output / "link").symlink_to(tmp_path)
    place = str(secret) if path.startswith("/") else path
    rows = [
        {"from": place, "to": "a", "inode": secret.stat().st_ino},
        {"from": None, "to": place, "inode": secret.stat().st_ino},
    ]
    (output / HIDDEN / JOURNAL).write_text(json.dumps({"moves": rows}))
    recover(output, output / HIDDEN / "next")
    assert secret.read_text() == "secret"
    assert [name.name for name in output.iterdir()] in (["link", HIDDEN], [HIDDEN, "link"])


@pytest.mark.parametrize("content", [b"", b'{"moves": [{"from"', b"\0" * 100])
def test_a_journal_that_was_never_whole_is_of_no_moves(content: bytes, tmp_path: Path) -> None:
    (tmp_path / HIDDEN).mkdir()
    (tmp_path / HIDDEN / JOURNAL).write_bytes(content)
    (tmp_path / "a.keras").write_bytes(b"earlier")
    recover(tmp_path, tmp_path / HIDDEN / "next")
    assert (tmp_path / "a.keras").read_bytes() == b"earlier"
    assert not (tmp_path / HIDDEN / JOURNAL).exists()
