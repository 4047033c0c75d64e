"""The examples of the page on the functions for Python, with both Keras."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from keras2to3.environments import builder
from tests.support import python_api


def test_the_examples_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def given(name: str, *_: object, **__: object) -> Path:
        return Path(os.environ[f"KERAS2TO3_ENV_{name.upper()}"])

    monkeypatch.setattr(builder, "ensure", given)
    monkeypatch.chdir(tmp_path)
    python_api.prepare(tmp_path)
    count, failures = python_api.failures()
    assert count >= 15
    assert failures == ""
    assert capsys.readouterr().err == "", "nothing is printed unless it is asked for"
