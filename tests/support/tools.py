"""The pythons of environments with tools that a test runs as programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from keras2to3.environments import builder
from keras2to3.environments.builder import Environment
from keras2to3.environments.installers import python_of


def python_with(name: str) -> Path:
    """The python of an environment, which `nox -s tests` builds; the test is skipped where it is not there."""
    if given := os.environ.get(f"KERAS2TO3_ENV_{name.upper()}"):
        return Path(given)
    environment = Environment(name, builder.default_home())
    if stale := environment.staleness():
        pytest.skip(f"the {name} environment is {stale}: `nox -s env -- build {name}`")
    return python_of(environment.folder)


def packages_of(python: Path) -> list[Path]:
    """The folders of its packages."""
    command = (str(python), "-I", "-c", "import site; print(*site.getsitepackages(), sep='\\n')")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(map(Path, done.stdout.splitlines()))
