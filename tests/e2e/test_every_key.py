"""Every key of every class arrives, at a value that is not its default, and its value stands in the result."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Command, Run, saved_by, selected
from tests.models import every_key
from translation.keras2_to_3.rules import table


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models of the exercise in `models`."""
    folder = tmp_path_factory.mktemp("exercise")
    saved_by(command, folder, "every_key.py", *selected(request, every_key.NAMES))
    return folder


@pytest.fixture(scope="module")
def migrated(command: Command, place: Path) -> Run:
    return command.run(place, "models", "--root", "models")


CONFIGS = """
import json, sys
import keras
for path in sys.argv[1:]:
    rows = [keras.saving.serialize_keras_object(layer) for layer in keras.saving.load_model(path).layers]
    print(json.dumps({row["config"]["name"]: [row["class_name"], row["config"]] for row in rows}))
"""


@pytest.fixture(scope="module")
def written(migrated: Run, command: Command, plain_environment: dict[str, str]) -> dict[str, Any]:
    """Class and config of every layer of every result, as one process with stock Keras 3 reads them."""
    paths = sorted(migrated.output.glob("*.keras"))
    stranger = [command.keras3, "-c", CONFIGS, *map(str, paths)]
    done = subprocess.run(stranger, check=False, capture_output=True, text=True, cwd="/", env=plain_environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip((path.stem for path in paths), map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", every_key.NAMES)
def test_every_key_of_a_class_arrives(migrated: Run, name: str) -> None:
    report = migrated.report(name)
    assert report["status"] == "verified", report["error"]


# Composed at some values; wrapped layers are looked at by themselves.
COMPOSED_AT_TIMES = {"Conv2DTranspose", "IntegerLookup", "ReLU", "StringLookup"}
WRAPPED = {"layer", "backward_layer", "cell", "cells"}
# Keras 3 takes it and writes it nowhere: it chose between two ways to compute the same.
UNWRITTEN = {("GRU", "implementation"), ("LSTM", "implementation")}
# The same in the words of Keras 3.
SAID = {
    ("MultiHeadAttention", "output_shape"): [5],
    ("RandomContrast", "factor"): [0, 0.25],
    ("RandomRotation", "factor"): [-0.25, 0.25],
}


def is_plain(name: str) -> bool:
    """True where Keras 3's own layer of that name stands for the class, so that keys can be looked up in it."""
    rule = table()["layers", name]
    return not (rule.composed or rule.becomes) and name not in every_key.CELLS


@pytest.mark.parametrize("name", [name for kind, name in every_key.KEYS if kind == "layers" and is_plain(name)])
def test_what_stays_the_same_stands_in_the_result(place: Path, written: dict[str, Any], name: str) -> None:
    before = json.loads((place / "models" / "configs.json").read_text())[name]
    rule = table()["layers", name]
    kept = {verb.key for verb in rule.verbs if verb.label == "same"} - every_key.FORGOTTEN.get(name, set()) - WRAPPED
    kept = {key for key in kept if (name, key) not in UNWRITTEN}
    for branch, keys in every_key.branches("layers", name).items():
        class_name, config = written[name][branch]
        if class_name == "Functional" and name in COMPOSED_AT_TIMES:
            continue
        assert class_name == name
        wanted = {key: SAID.get((name, key), said(before[branch][key])) for key in keys if key in kept}
        assert {key: said(config[key]) for key in wanted} == wanted


@pytest.mark.parametrize("name", every_key.OBJECTS)
def test_what_stands_in_a_layer_stands_in_the_result(place: Path, written: dict[str, Any], name: str) -> None:
    before = json.loads((place / "models" / "configs.json").read_text())[name]
    key = f"kernel_{name.removesuffix('s')}"
    kept = {class_name for class_name in every_key.NAMES_OF[name] if table()[name, class_name].unchanged}
    for branch in (branch for branch in before if branch.partition("_")[0] in kept):
        assert said(written[name][branch][1][key]) == said(before[branch][key])


def said(value: Any) -> Any:
    """A value without what only says where its class is found, and without what is not set."""
    if isinstance(value, dict) and "class_name" in value:
        return [value["class_name"], {key: said(item) for key, item in value["config"].items() if item is not None}]
    if isinstance(value, (list, tuple)):
        return [said(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value
