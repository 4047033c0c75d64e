"""Workers without a framework, a kernel without landlock, and options, for tests that start processes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from keras2to3.options.commands import Options
from tests.support import fake_command
from tests.support.paths import ROOT
from tests.support.scanner_in_process import scan_here

__all__ = ["scan_here"]


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
sys.path.insert(0, "{ROOT}")
from keras2to3.sandbox import seccomp, syscall_numbers as syscalls
syscalls.NUMBERS["landlock_create_ruleset"] = (444, 444)
seccomp.restrict([seccomp.SyscallRule("landlock_create_ruleset", error=errno.ENOSYS)], default=0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"""
    python.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}' \"$@\"\n")
    python.chmod(0o755)
    return python


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
