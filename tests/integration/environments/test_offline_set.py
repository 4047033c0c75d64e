"""Offline sets: written with the real pip from a folder of wheels, and built from without any index."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3.cli import main
from keras2to3.environments import builder, installers, offline_set
from keras2to3.environments.builder import Environment
from keras2to3.environments.installers import python_of

WHEEL = "tiny-1.0-py3-none-any.whl"
NEWER = "tiny-2.0-py3-none-any.whl"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def write_wheel(path: Path, version: str = "1.0") -> None:
    """A wheel with one module."""
    info = f"tiny-{version}.dist-info"
    members = {
        "tiny.py": f"ANSWER, VERSION = 42, {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*members, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**members, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(name), text)


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock of every environment, and a folder of wheels as the only index."""
    wheels = tmp_path / "index"
    wheels.mkdir()
    write_wheel(wheels / WHEEL)
    digest = hashlib.sha256((wheels / WHEEL).read_bytes()).hexdigest()
    path = tmp_path / "all.lock"
    path.write_text(f"tiny==1.0 \\\n    --hash=sha256:{digest}\n")
    monkeypatch.setattr(builder, "lock_of", lambda _name: path)
    monkeypatch.setattr(builder, "PYTHONS", {"lint": (PYTHON,), "docs": (PYTHON,)})
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KERAS2TO3_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(installers.VARIABLE, "pip")
    return path


def hand_written(file: Path, lock: Path, wheel: Path, **changes: Any) -> Path:
    """A set as `write` would make it, with some of its manifest changed."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    part: dict[str, Any] = {"python": PYTHON, "lock": digest, "wheels": [WHEEL], "changes": [], "digests": {}}
    part |= changes.pop("part", {})
    manifest = {"schema": 2, "platform": sysconfig.get_platform(), "environments": {"lint": part}, **changes}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("set.json", json.dumps(manifest))
        archive.write(wheel, f"wheels/{WHEEL}")
    return file


def lint(tmp_path: Path, *changes: str) -> list[Environment]:
    return [Environment("lint", tmp_path / "home", changes)]


def build(file: Path, home: Path) -> list[Environment]:
    return offline_set.build(file, home, ("lint",), lambda _: None)


def test_a_set_is_written_and_built_from_without_an_index(
    lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "set.zip"
    monkeypatch.setattr(sys, "argv", ["keras2to3"])
    assert main.main(["env", "export", str(file), "lint", "docs"]) == 0
    assert capsys.readouterr().out.strip() == str(file)
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["set.json", f"wheels/{WHEEL}"], "one copy for both"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.lock", "index", "set.zip"]
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    assert main.main(["env", "import", str(file), "lint"]) == 0
    python = python_of(tmp_path / "home" / "lint")
    assert capsys.readouterr().out.strip() == str(python)
    answer = subprocess.run([python, "-I", "-c", "import tiny; print(tiny.ANSWER)"], capture_output=True, check=True)
    assert answer.stdout.strip() == b"42"
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["lint", "lint.busy"]
    assert Environment("lint", tmp_path / "home").staleness() is None


def test_the_documents_tell_what_a_set_holds_and_what_was_built_from_it(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "set.zip"
    assert main.main(["env", "export", str(file), "lint", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert (written["file"], written["bytes"]) == (str(file), file.stat().st_size)
    assert written["environments"] == [{"name": "lint", "python_version": PYTHON, "wheels": 1}]
    assert main.main(["env", "import", str(file), "lint", "--json"]) == 0
    (built,) = json.loads(capsys.readouterr().out)["environments"]
    assert built["name"] == "lint"
    assert built["current"]


def test_a_set_of_other_versions_than_those_of_the_lock(
    lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(tmp_path / "index" / NEWER, "2.0")
    file, home = tmp_path / "set.zip", tmp_path / "elsewhere"
    parts = offline_set.write(file, lint(tmp_path, "tiny==2.*"), lambda _: None)
    assert parts["lint"].wheels == (WHEEL, NEWER)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    (environment,) = build(file, home)
    command = (str(python_of(environment.folder)), "-I", "-c", "import tiny; print(tiny.VERSION)")
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip() == "2.0"
    assert Environment("lint", home, ("tiny==2.*",)).staleness() is None


def test_the_versions_of_a_set_are_those_that_the_options_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Environment] = []

    def write(file: Path, environments: list[Environment], _say: object) -> dict[str, Any]:
        file.touch()
        asked.extend(environments)
        return {}

    monkeypatch.setattr(offline_set, "write", write)
    assert main.main(["env", "export", str(tmp_path / "set.zip"), "--keras", "3.8"]) == 0
    assert [each.name for each in asked] == ["command", "keras2", "keras3"]
    assert [each.changes for each in asked] == [(), (), ("keras==3.8.*",)]


def test_what_is_current_is_left_alone(lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = hand_written(tmp_path / "set.zip", lock, tmp_path / "index" / WHEEL)
    build(file, tmp_path / "home")
    monkeypatch.setattr(installers, "run", None)
    said: list[str] = []
    offline_set.build(file, tmp_path / "home", ("lint",), said.append)
    assert said == ["The lint environment is current."]


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-300])


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    place = content.index(b"ANSWER")
    content[place : place + 6] = b"answer"
    file.write_bytes(bytes(content))


def empty(file: Path) -> None:
    file.write_bytes(b"")


def page(file: Path) -> None:
    file.write_text("<!DOCTYPE html><html>Please log in</html>")


def another_archive(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model.json", "{}")


@pytest.mark.parametrize("damage", [truncated, flipped, empty, page, another_archive], ids=lambda each: each.__name__)
def test_a_set_that_is_not_whole_is_told_and_nothing_is_touched(
    damage: Callable[[Path], None], lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = hand_written(tmp_path / "set.zip", lock, tmp_path / "index" / WHEEL)
    damage(file)
    monkeypatch.setattr(builder, "provide", None)
    with pytest.raises(Failure, match="is not a whole offline set") as raised:
        build(file, tmp_path / "home")
    assert raised.value.code is Exit.ENVIRONMENT
    assert "env export" in (raised.value.hint or "")
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"platform": "win-amd64"}, "for win-amd64"),
        ({"schema": 1}, "another version"),
        ({"part": {"lock": "0" * 64}}, "another lock"),
        (
            {"environments": {"keras9": {"python": "3.11", "lock": "", "wheels": [], "changes": [], "digests": {}}}},
            "another lock",
        ),
    ],
)
def test_a_set_for_something_else_is_told(changes: dict[str, Any], says: str, lock: Path, tmp_path: Path) -> None:
    file = hand_written(tmp_path / "set.zip", lock, tmp_path / "index" / WHEEL, **changes)
    with pytest.raises(Failure, match=says) as raised:
        build(file, tmp_path / "home")
    assert raised.value.code is Exit.ENVIRONMENT
    assert "this platform" in (raised.value.hint or "")


@pytest.mark.parametrize("name", ["../evil.whl", "/tmp/evil.whl", "evil.py", "a\\b.whl"])
def test_a_set_writes_nothing_outside_of_its_folder(name: str, lock: Path, tmp_path: Path) -> None:
    file = hand_written(tmp_path / "set.zip", lock, tmp_path / "index" / WHEEL, part={"wheels": [name]})
    with pytest.raises(Failure, match="is not the name of a wheel"):
        build(file, tmp_path / "home")


def test_a_wheel_that_the_lock_does_not_list_is_not_installed(lock: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    write_wheel(other)
    with zipfile.ZipFile(other, "a") as archive:
        archive.writestr("evil.py", "")
    file = hand_written(tmp_path / "set.zip", lock, other)
    with pytest.raises(Failure, match="is not the file that the lock of lint lists"):
        build(file, tmp_path / "home")


def test_no_file_is_overwritten_and_no_folder_is_made(lock: Path, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="exists already"):
        offline_set.write(lock, lint(tmp_path), lambda _: None)
    with pytest.raises(Failure, match="could not be written"):
        offline_set.write(tmp_path / "nowhere" / "set.zip", lint(tmp_path), lambda _: None)


def test_a_failed_download_leaves_nothing(lock: Path, tmp_path: Path) -> None:
    (tmp_path / "index" / WHEEL).unlink()
    with pytest.raises(Failure, match="An installer failed"):
        offline_set.write(tmp_path / "set.zip", lint(tmp_path), lambda _: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.lock", "index"]
