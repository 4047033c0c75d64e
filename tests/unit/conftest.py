"""Workers without a framework and a look without a file, for the tests of the conductor."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import keras2to3.look
from keras2to3 import home
from keras2to3.look import Look
from keras2to3.options import Options

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def fake_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `python -m exporter` and `python -m importer` be `fake_worker`, and let every file pass the look."""
    payload = tmp_path / "payload"
    for name in ("exporter", "importer"):
        (payload / name).mkdir(parents=True)
        shutil.copy(ROOT / "tests" / "unit" / "fake_worker.py", payload / name / "__main__.py")
    (payload / "interchange").symlink_to(ROOT / "interchange")
    monkeypatch.setattr(home, "payload", lambda: payload)
    monkeypatch.setattr(keras2to3.look, "look", lambda path, *_: Look(path, "h5", {}, {}, None, False))


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
