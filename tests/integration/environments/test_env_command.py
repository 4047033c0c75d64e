"""`env`: what exists is listed, built, found and removed, with a fake installer in a folder of its own."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit
from keras2to3 import install_paths
from keras2to3.cli import main
from keras2to3.environments import builder, command, in_place, installers, interpreters, inventory, locking
from keras2to3.environments.installers import Command, Say, python_of
from keras2to3.environments.interpreters import Interpreter
from keras2to3.environments.options import EnvironmentOptions


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for environments, in which an installer of nothing builds them."""

    def run(line: Command, _say: Say, _folder: Path) -> None:
        if line[1] == "venv":
            folder = Path(line[-1])
            python_of(folder).parent.mkdir(parents=True)
            python_of(folder).touch()
            (folder / "pyvenv.cfg").touch()
            site = folder / "lib" / "python3.11" / "site-packages" / "keras-2.15.0.dist-info"
            site.mkdir(parents=True)
            (site / "METADATA").write_text("Metadata-Version: 2.1\nName: keras\nVersion: 2.15.0\n")
            (site / "large").write_bytes(b"0" * 3_000_000)

    monkeypatch.setenv("KERAS2TO3_HOME", str(tmp_path / "home"))
    for name in builder.PYTHONS:
        monkeypatch.delenv(builder.variable_of(name), raising=False)
    monkeypatch.setattr(installers, "choose", lambda: ("uv", ("uv",)))
    monkeypatch.setattr(installers, "run", run)
    monkeypatch.setattr(interpreters, "find", lambda *_: Interpreter("/usr/bin/python3.11", "3.11.7"))
    return tmp_path / "home"


def env(words: str) -> int:
    return main.main(["env", *words.split()])


def make_stale(home: Path, name: str) -> None:
    stamp = home / name / builder.STAMP
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "lock": "of another version"}))


def test_nothing_is_there_at_first(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert env("list") == 0
    assert capsys.readouterr().out == ""
    assert env("clean --all") == 0
    assert not home.exists()


def test_built_environments_are_listed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert env("build keras2 keras3") == 0
    assert capsys.readouterr().out.split() == [str(python_of(home / name)) for name in ("keras2", "keras3")]
    make_stale(home, "keras3")
    assert env("list") == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split()[:2] == ["NAME", "KERAS"]
    assert [row.split()[:4] for row in rows] == [
        ["keras2", "2.15.0", "-", "3.11.7"],
        ["keras3", "2.15.0", "-", "3.11.7"],
    ]
    assert rows[0].endswith("current")
    assert rows[1].endswith("stale: its lock has changed")
    assert all("3 MB" in row for row in rows)


def test_the_list_for_machines(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env("build keras2")
    capsys.readouterr()
    assert env("list --json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["home"] == str(home)
    (row,) = document["environments"]
    assert row["name"] == "keras2"
    assert row["versions"] == {"keras": "2.15.0"}
    assert row["bytes"] > 3_000_000
    assert row["current"]
    assert row["stale"] is None
    assert row["built"] <= row["last_used"]


def document_of(words: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    code = env(f"{words} --json")
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == code
    return document


def test_every_action_prints_one_document(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def rows(words: str) -> list[str]:
        return [row["python"] for row in document_of(words, capsys)["environments"]]

    pythons = [str(python_of(home / name)) for name in ("keras2", "keras3")]
    assert rows("build keras2 keras3") == pythons
    assert rows("path keras3") == pythons[1:]
    assert rows("list") == pythons
    assert rows("clean keras2 --all") == pythons[:1]
    assert rows("list") == pythons[1:]


def test_an_action_that_fails_prints_a_document_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = document_of("path keras2", capsys)
    assert document["exit_code"] == document["error"]["code"] == Exit.ENVIRONMENT
    assert "build keras2" in document["error"]["hint"]


def test_all_that_migrate_needs_is_built_by_default(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    env("build")
    built = {"command", "keras2", "keras3"}
    assert {Path(line).parents[1].name for line in capsys.readouterr().out.split()} == built
    monkeypatch.setattr(install_paths, "is_checkout", lambda: False)
    assert set(command.defaults()) == built - {"command"}, "the wheel is in an environment of its own"


def test_another_keras_has_an_environment_of_its_own(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env("build keras3 --keras 3.8")
    (built,) = capsys.readouterr().out.split()
    env("list --json")
    (row,) = json.loads(capsys.readouterr().out)["environments"]
    assert row["python"] == built
    assert row["name"] != "keras3"
    assert row["current"]


def test_the_path_of_what_is_built_and_current(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert env("path keras2") == Exit.ENVIRONMENT
    assert "nox -s env -- build keras2`" in capsys.readouterr().err
    env("build keras2")
    capsys.readouterr()
    assert env("path keras2") == 0
    assert capsys.readouterr().out.strip() == str(python_of(home / "keras2"))
    make_stale(home, "keras2")
    assert env("path keras2") == Exit.ENVIRONMENT


def test_stale_environments_are_removed_and_others_stay(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env("build keras2 keras3 lint")
    make_stale(home, "keras3")
    (home / "lint" / builder.STAMP).unlink()
    (home / "foreign").mkdir()
    (home / "bench").mkdir()
    capsys.readouterr()
    assert env("clean") == 0
    said = capsys.readouterr()
    assert said.out.split() == [str(home / "keras3"), str(home / "lint")]
    assert "2 environments removed, 6 MB" in said.err
    assert sorted(path.name for path in home.iterdir() if path.is_dir()) == ["bench", "foreign", "keras2"]
    assert env("clean --all") == 0
    assert sorted(path.name for path in home.iterdir() if path.is_dir()) == ["bench", "foreign"]


def test_what_a_killed_import_left_is_removed_when_it_is_old(home: Path) -> None:
    for name in ("offline-old", "offline-new"):
        (home / name).mkdir(parents=True)
    os.utime(home / "offline-old", (0, 0))
    assert env("clean") == 0
    assert [path.name for path in home.iterdir()] == ["offline-new"]


def test_clean_removes_only_what_is_named(home: Path) -> None:
    env("build keras2 keras3")
    assert env("clean keras2 --all") == 0
    assert [entry.name for entry in inventory.entries(home)] == ["keras3"]


def test_what_is_being_built_or_runs_this_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env("build keras2 keras3")
    monkeypatch.setattr(sys, "prefix", str(home / "keras3"))
    said: list[str] = []
    with locking.exclusive(home / "keras2.busy", list):
        command.run(EnvironmentOptions("clean", all=True), io.StringIO(), said.append)
    assert [entry.name for entry in inventory.entries(home)] == ["keras2", "keras3"]
    assert "another process builds it" in said[0]
    assert "runs this command" in said[1]


def test_what_a_killed_rebuild_left_is_listed_and_removed(home: Path) -> None:
    env("build keras2")
    (home / "keras2").rename(in_place.aside(home / "keras2"))
    (entry,) = inventory.entries(home)
    assert entry.stale == "left over from a build"
    assert env("clean") == 0
    assert inventory.entries(home) == []


def test_a_read_only_home_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def mkdir(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", mkdir)
    assert env("build keras2") == Exit.ENVIRONMENT
    told = capsys.readouterr().err
    assert "Read-only file system" in told
    assert "KERAS2TO3_HOME" in told


@pytest.mark.parametrize("words", ["", "biuld", "path", "path keras4", "build keras3 --keras 2.8", "list keras2"])
def test_a_wrong_usage(words: str, home: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        env(words)
    assert ended.value.code == Exit.USAGE
