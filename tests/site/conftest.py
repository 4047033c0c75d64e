"""The documentation site, built once for all tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Build as `nox -s site` does."""
    options = ("-q", "-W", "--keep-going", "-b", "html", "-c", str(ROOT / "docs"), "-d", str(target) + ".doctrees")
    command = (sys.executable, "-m", "sphinx", *options, str(source), str(target))
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site."""
    target = tmp_path_factory.mktemp("site") / "html"
    done = build(ROOT, target)
    assert done.returncode == 0, done.stdout + done.stderr
    return target
