"""Workers without a framework and a look without a file, for the tests of the conductor."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Failure, failure_of
from keras2to3 import home
from keras2to3.look.source import digest_of
from keras2to3.options import Options
from keras2to3.scanner.client import Scanner

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def fake_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `python -m exporter` and `python -m importer` be `fake_worker`, and let every file pass the scan."""
    payload = tmp_path / "payload"
    for name in ("exporter", "importer"):
        (payload / name).mkdir(parents=True)
        shutil.copy(ROOT / "tests" / "unit" / "fake_worker.py", payload / name / "__main__.py")
    (payload / "importer" / "serving").mkdir()
    (payload / "importer" / "serving" / "served_model.py").touch()
    (payload / "interchange").symlink_to(ROOT / "interchange")
    monkeypatch.setattr(home, "payload", lambda: payload)
    monkeypatch.setattr(Scanner, "_ask", passing)


@pytest.fixture
def python_without_landlock(tmp_path: Path) -> Path:
    """A Python whose kernel has no landlock."""
    python = tmp_path / "python"
    code = f"""import errno, os, sys
sys.path.insert(0, "{ROOT}")
from keras2to3.box import seccomp, syscalls
syscalls.NUMBERS["landlock_create_ruleset"] = (444, 444)
seccomp.restrict([seccomp.Rule("landlock_create_ruleset", error=errno.ENOSYS)], default=0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"""
    python.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}' \"$@\"\n")
    python.chmod(0o755)
    return python


PASSED = {
    "format": "h5", "saved_by": {}, "has_weights": True, "has_optimizer": False, "is_compiled": False,
    "is_of_keras_3": False, "is_graph_alone": False, "needs_architecture": False, "replaced": {},
}  # fmt: skip


def passing(_: Scanner, op: str, path: Path, *__: Any) -> Mapping[str, Any]:
    """A scan that every file passes; one whose name says so is a model of Keras 3 or a graph."""
    of_keras_3, graph = "keras-3" in path.name, "graph" in path.name
    passed = {**PASSED, "is_of_keras_3": of_keras_3, "is_graph_alone": graph}
    answers: dict[str, Callable[[], Mapping[str, Any]]] = {
        "scan": lambda: passed,
        "digest": lambda: {"sha256": digest_of(path)},
        "is-weights": lambda: {"is_weights": False},
        "result": lambda: {"format": "keras", "broken": None},
    }
    return answers[op]()


@pytest.fixture
def scan_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan in this process, which is quicker than to start one and can be seen into."""

    def ask(_: Scanner, op: str, __: Path, request: Mapping[str, Any], *___: Any) -> Mapping[str, Any]:
        from keras2to3.scanner.handlers import HANDLERS

        try:
            return json.loads(json.dumps(HANDLERS[op](request, print)))
        except Exception as error:  # noqa: BLE001  (as the process answers whatever is raised)
            failure = failure_of(error)
            raise Failure.from_json(failure.to_json()) from None

    monkeypatch.setattr(Scanner, "_ask", ask)


@pytest.fixture
def options_for(tmp_path: Path) -> Callable[..., Options]:
    """Options for sources of these names; results go to `tmp_path/migrated`."""

    def make(*names: str) -> Options:
        sources = tuple(tmp_path / f"{name}.h5" for name in names)
        for source in sources:
            source.touch()
        python = Path(sys.executable)
        return Options(sources, tmp_path / "migrated", python, python)

    return make
