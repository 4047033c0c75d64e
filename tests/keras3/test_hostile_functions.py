"""Functions in files of Keras 3: whatever does not ask for safe mode, as older versions did for HDF5, runs them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import canary
from tests.attacks.keras_3 import BODY, FORMATS, SHAPE, sequential

CODE = {**BODY, **SHAPE}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what it runs leaves a file open
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", CODE)
def test_without_the_look_its_code_would_run(kind: str, name: str, tmp_path: Path) -> None:
    secrets = canary.make(tmp_path / "canary")
    suffix, write = FORMATS[kind]
    path = tmp_path / f"model{suffix}"
    write(path, sequential(CODE[name](secrets)))
    _opened(path, safe_mode=True)
    assert not secrets.mark.exists()
    _opened(path, safe_mode=False)
    assert secrets.mark.exists()


def _opened(path: Path, safe_mode: bool) -> Any:
    """The model, built; a file may be refused, and may fail after it has done what it is made for."""
    import keras

    with contextlib.suppress(ValueError, TypeError):
        return keras.saving.load_model(path, compile=False, safe_mode=safe_mode)
    return None
