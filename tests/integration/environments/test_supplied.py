"""Pythons of the user's: asked for what they hold before anything is done, without importing it."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.cli import main
from keras2to3.environments import builder, installed_versions, supplied
from keras2to3.environments.installed_versions import Installed
from keras2to3.environments.supplied import REQUIREMENTS, problem
from keras2to3.options.commands import Options

OTHERS = {"numpy": "1.26.4", "h5py": "3.10.0"}
OLD = {"keras": "2.15.0", "tensorflow": "2.15.1", **OTHERS}
NEW = {"keras": "3.15.1", "tensorflow": "2.18.1", **OTHERS}


def environment(folder: Path, packages: Mapping[str, str], modules: Mapping[str, str] = {}) -> Path:
    """The python of a virtual environment that has metadata of `packages`, and `modules` without any."""
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.symlink_to(os.path.realpath(sys.executable))
    (folder / "pyvenv.cfg").write_text(f"home = {Path(os.path.realpath(sys.executable)).parent}\n")
    site = folder / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    site.mkdir(parents=True)
    for name, version in packages.items():
        (site / f"{name.replace('-', '_')}-{version}.dist-info").mkdir()
        (site / f"{name.replace('-', '_')}-{version}.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
    for name, text in modules.items():
        (site / f"{name}.py").write_text(text)
    return python


def asked(keras2: Path | None, keras3: Path | None) -> Failure | None:
    try:
        supplied.require(Options((), Path(), keras2, keras3))
    except Failure as failure:
        return failure
    return None


SERVE = {
    "keras2": [
        OLD,
        {**OLD, "keras": "2.15.1.dev20231201"},
        {"keras-nightly": "2.15.0.dev2023090807", "tf-nightly": "2.15.0.dev20230908", **OTHERS},
        {"keras": "2.15.0", "tensorflow-cpu-aws": "2.15.1", **OTHERS},
        {"keras": "2.15.0rc1", "tensorflow-macos": "2.15.0", **OTHERS},
    ],
    "keras3": [
        NEW,
        {**NEW, "keras": "3.16.0.dev"},
        {**NEW, "keras": "3.5.0", "tensorflow": "2.19.0+local"},
        {"keras-nightly": "3.16.0.dev2026113003", "tf-nightly-cpu": "2.22.0.dev20261130", **OTHERS},
        {**NEW, "keras": "3.10.0", "tensorflow": "2.20.0"},
    ],
}
LACK = {
    "keras2": [
        NEW,
        {**OLD, "keras": "2.13.1"},
        {**OLD, "keras": "2.14.0", "tensorflow": "2.14.1"},
        {**OLD, "keras": "3.0.0"},
        {**OLD, "tensorflow": "2.16.1"},
        {"keras-nightly": "2.16.0.dev2023", "tensorflow": "2.15.1", **OTHERS},
        *({key: value for key, value in OLD.items() if key != name} for name in OLD),
        {},
    ],
    "keras3": [
        OLD,
        {**NEW, "keras": "2.15.0"},
        {**NEW, "keras": "3.4.1"},
        {**NEW, "keras": "4.0.0"},
        {**NEW, "tensorflow": "2.17.1"},
        {**NEW, "keras": "3.9.2", "tensorflow": "2.20.0"},
        *({key: value for key, value in NEW.items() if key != name} for name in NEW),
        {},
    ],
}


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, rows in SERVE.items() for number in range(len(rows))]
)
def test_what_serves_is_taken(name: str, number: int, tmp_path: Path) -> None:
    python = environment(tmp_path, SERVE[name][number])
    assert asked(*((python, None) if name == "keras2" else (None, python))) is None


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, rows in LACK.items() for number in range(len(rows))]
)
def test_what_does_not_serve_is_a_wrong_usage_that_says_what_is_there(name: str, number: int, tmp_path: Path) -> None:
    packages = LACK[name][number]
    python = environment(tmp_path, packages)
    failure = asked(*((python, None) if name == "keras2" else (None, python)))
    assert failure is not None
    assert failure.code is Exit.USAGE
    assert f"--{name}-python {python}: it has " in failure.message
    assert REQUIREMENTS[name].words in failure.message
    for module, title in {"keras": "Keras", "tensorflow": "TensorFlow"}.items():
        told = packages.get(module) or packages.get(f"{module}-nightly")
        assert (f"{title} {told}" if told else f"no {title}") in failure.message
    for module, title in {"numpy": "NumPy", "h5py": "h5py"}.items():
        assert (f"no {title}" in failure.message) == (module not in packages)


def test_both_are_told_at_once(tmp_path: Path) -> None:
    failure = asked(environment(tmp_path / "a", NEW), environment(tmp_path / "b", OLD))
    assert failure is not None
    assert "--keras2-python" in failure.message
    assert "--keras3-python" in failure.message


def test_a_module_without_metadata_is_left_to_the_worker_and_not_imported(tmp_path: Path) -> None:
    """As of a Keras that was put there by hand: its version is told when it is imported."""
    python = environment(tmp_path, OTHERS, dict.fromkeys(("keras", "tensorflow"), "raise SystemExit('imported')"))
    assert asked(python, None) is None
    assert (
        problem(REQUIREMENTS["keras2"], Installed({"keras": "unknown", "tensorflow": "2.15.0", **OTHERS})) is not None
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "does not start: No such file"),
        (b"", "does not start: Exec format error"),
        (b"#!/bin/sh", "is not a Python: it answered ''"),
        (b"#!/bin/sh\necho hello", "is not a Python: it answered 'hello'"),
        (b"#!/bin/sh\necho '[1]'", "is not a Python"),
        (b"#!/bin/sh\necho no licence >&2; exit 7", "ends with exit status 7: no licence"),
        (b"#!/bin/sh\nkill -9 $$", "ends with exit status -9"),
        (b"#!/nowhere/python", "does not start: No such file"),
        (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00" + bytes(44), "does not start: Exec format error"),
    ],
)
def test_a_python_that_cannot_be_asked_fails_the_environment(
    content: bytes | None, reason: str, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    if content is not None:
        python.write_bytes(content)
        python.chmod(0o755)
    for pythons in ((python, None), (None, python)):
        failure = asked(*pythons)
        assert failure is not None
        assert failure.code is Exit.ENVIRONMENT
        assert reason in failure.message
        assert str(python) in failure.message


def test_nothing_is_built_and_no_source_is_touched_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(builder, "ensure", None)
    words = ["migrate", str(tmp_path / "nowhere.h5"), "--output-dir", str(tmp_path / "migrated")]
    code = main.main([*words, "--keras2-python", str(environment(tmp_path / "old", NEW))])
    assert code == Exit.USAGE
    assert "Keras 2.15 and TensorFlow 2.15" in capsys.readouterr().err
    assert not (tmp_path / "migrated").exists()


def test_none_is_asked_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_versions, "ask", None)
    assert asked(None, None) is None


def test_both_are_asked_at_the_same_time(tmp_path: Path) -> None:
    for own, other in ("ab", "ba"):
        wait = f"touch {tmp_path}/{own}.on; until [ -e {tmp_path}/{other}.on ]; do sleep 0.01; done"
        (tmp_path / own).write_text(f"#!/bin/sh\n{wait}\necho both >&2; exit 1")
        (tmp_path / own).chmod(0o755)
    failure = asked(tmp_path / "a", tmp_path / "b")
    assert failure is not None
    assert failure.message.count("ends with exit status 1: both") == 2
