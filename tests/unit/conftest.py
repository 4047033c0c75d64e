"""Workers without a framework and a look without a file, for the tests of the conductor."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Failure, failure_of
from keras2to3.options import Options
from keras2to3.scanner.process.client import Scanner
from tests.support import fake_command


@pytest.fixture
def fake_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `python -m exporter` and `python -m importer` be `fake_worker`, and let every file pass the scan."""
    for owner, name, value in fake_command.fakes(tmp_path / "payload"):
        monkeypatch.setattr(owner, name, value)


@pytest.fixture
def python_without_landlock(tmp_path: Path) -> Path:
    """A Python whose kernel has no landlock."""
    python = tmp_path / "python"
    code = f"""import errno, os, sys
sys.path.insert(0, "{fake_command.ROOT}")
from keras2to3.sandbox import seccomp, syscall_numbers as syscalls
syscalls.NUMBERS["landlock_create_ruleset"] = (444, 444)
seccomp.restrict([seccomp.Rule("landlock_create_ruleset", error=errno.ENOSYS)], default=0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"""
    python.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}' \"$@\"\n")
    python.chmod(0o755)
    return python


@pytest.fixture
def scan_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan in this process, which is quicker than to start one and can be seen into."""

    def ask(_: Scanner, op: str, __: Path, request: Mapping[str, Any], *___: Any) -> Mapping[str, Any]:
        from keras2to3.scanner.process.handlers import HANDLERS

        try:
            return json.loads(json.dumps(HANDLERS[op](request, print)))
        except Exception as error:  # noqa: BLE001  (as the process answers whatever is raised)
            failure = failure_of(error)
            raise Failure.from_json(failure.to_json()) from None

    monkeypatch.setattr(Scanner, "_ask", ask)


@pytest.fixture
def options_for(tmp_path: Path) -> Callable[..., Options]:
    """Options for sources of these names, which is what they hold; results go to `tmp_path/migrated`."""

    def make(*names: str) -> Options:
        sources = tuple(tmp_path / f"{name}.h5" for name in names)
        for source in sources:
            source.write_text(source.name)
        python = Path(sys.executable)
        return Options(sources, tmp_path / "migrated", python, python)

    return make
