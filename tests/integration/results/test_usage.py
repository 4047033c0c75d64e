"""The line that opens a result is Python, and runs where the user stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from interchange.messages.results import Needs
from keras2to3.results.usage import usage

KERAS = """
from types import SimpleNamespace
def load(path, custom_objects={}):
    return print(open(path).read(), sorted(custom_objects), [made().name for made in custom_objects.values()])
saving = SimpleNamespace(load_model=load)
"""
OWN = "class Own:\n    name = 'own'\ndef made():\n    return Own()\n"


@pytest.mark.parametrize("target", ["migrated/a.keras", "migrated/deep down/it's.keras", "../out/a.keras", "a.keras"])
@pytest.mark.parametrize("file", ["own.py", "my-own.py", "sub/own.py", "../own.py"])
@pytest.mark.parametrize("unregistered", [[], ["Own"], ["Own", "made"]])
def test_it_can_be_pasted(
    target: str, file: str, unregistered: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (tmp_path / "keras.py").write_text(KERAS)
    for name, text in ((target, "the model"), (file, OWN)):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text)
    monkeypatch.chdir(here)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    stem = Path(file).stem
    module = stem if stem.isidentifier() else "custom_objects"
    line = usage((here / target).resolve(), Needs(module, (), tuple(unregistered)), (here / file).resolve())
    done = subprocess.run([sys.executable, "-c", line], check=False, capture_output=True, text=True)
    assert done.stdout == f"the model {unregistered} {['own'] * len(unregistered)}\n", done.stderr
    assert ("import keras, own;" in line) == (file == "own.py")
