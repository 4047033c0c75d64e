"""What a file leaves out, with its weights: the model computes what it computes where the argument is given."""

from __future__ import annotations

import itertools
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import exporter.__main__ as worker
from exporter.load import LoadRequest, load
from interchange.messages.requests import ExportRequest, SourceFacts
from translation.keras2_to_2_15.defaults import FORMER, Former

RANDOM = np.random.default_rng(2015)
STEPS = RANDOM.normal(0, 2, (3, 5, 3)).astype("float32")
WORDS = np.array([[b"a b"], [b""], [b"c c"]])
FORMERLY = "tf-1.15", "tf-2.2"


def _recurrent(keras: Any, name: str, key: str, value: Any) -> Iterator[Any]:
    """A layer or cell alone, both ways, in each step of a longer sequence, and within a model."""
    given = {"use_bias": False, key: value}
    if name.endswith("Cell"):
        yield keras.layers.RNN(getattr(keras.layers, name)(4, **given)), STEPS
        cells = [getattr(keras.layers, name)(width, **given) for width in (4, 2)]
        yield keras.layers.RNN(keras.layers.StackedRNNCells(cells)), STEPS
        return
    layer = getattr(keras.layers, name)
    yield layer(4, **given), STEPS
    yield keras.layers.Bidirectional(layer(4, **given), backward_layer=layer(4, go_backwards=True, **given)), STEPS
    yield keras.layers.TimeDistributed(layer(4, **given)), STEPS[:, None]
    yield keras.Sequential([keras.Input((5, 3)), layer(4, **given)], name="within"), STEPS


def layers(keras: Any, row: Former, name: str) -> Iterator[tuple[Any, np.ndarray]]:
    """Layers in which the argument is given, and what to call them on."""
    given = {row.key: row.value}
    if row.within == (2, 0):
        yield from _recurrent(keras, name, row.key, row.value)
    elif name == "TextVectorization":
        yield keras.layers.TextVectorization(7, output_mode="count", vocabulary=["a", "c"], **given), WORDS
    elif name == "StringLookup":
        yield keras.layers.StringLookup(vocabulary=["a b", "c c"], **given), WORDS
    elif name == "IntegerLookup":
        yield keras.layers.IntegerLookup(vocabulary=[4, 2], **given), np.array([[0, 2], [4, 9]])
    else:
        own = ({"height_factor": 0.2, "width_factor": 0.2},) if name != "RandomRotation" else ({"factor": 0.2},)
        yield getattr(keras.layers, name)(**own[0], **given), STEPS[:, :, None]


def without(value: Any, key: str, classes: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [without(item, key, classes) for item in value]
    if not isinstance(value, Mapping):
        return value
    own = value.get("class_name") in classes
    return {
        name: {inner: without(item, key, classes) for inner, item in found.items() if inner != key}
        if own and name == "config"
        else without(found, key, classes)
        for name, found in value.items()
    }


def model_of(keras: Any, layer: Any, values: np.ndarray) -> Any:
    x = keras.Input(values.shape[1:], dtype="string" if values.dtype.kind == "S" else values.dtype.name)
    return keras.Model(x, layer(x), name="net")


def as_h5(model: Any, row: Former, version: str, folder: Path) -> LoadRequest:
    path = folder / "model.h5"
    model.save(path)
    with h5py.File(path, "a") as file:
        architecture = without(json.loads(file.attrs["model_config"]), row.key, row.classes)
        file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(architecture), version
        file["model_weights"].attrs["keras_version"] = version
    return LoadRequest(path)


def as_pair(model: Any, row: Former, version: str, folder: Path) -> LoadRequest:
    path = folder / "model.weights.h5"
    model.save_weights(path)
    architecture = {**without(json.loads(model.to_json()), row.key, row.classes), "keras_version": version}
    return LoadRequest(path, "weights", architecture=architecture)


def as_archive(model: Any, row: Former, version: str, folder: Path) -> LoadRequest:
    model.save(folder / "whole.keras")
    path = folder / "model.keras"
    with zipfile.ZipFile(folder / "whole.keras") as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member == "config.json":
                content = json.dumps(without(json.loads(content), row.key, row.classes)).encode()
            new.writestr(member, content)
    return LoadRequest(path, "keras", written_by=version)


Forge = Callable[[Any, Former, str, Path], LoadRequest]
LACKING = [(row, name) for row in FORMER for name in row.classes]


@pytest.mark.parametrize("forge", [as_h5, as_pair, as_archive])
@pytest.mark.parametrize(("row", "name"), LACKING, ids=[f"{name}.{row.key}" for row, name in LACKING])
def test_what_is_left_out_is_what_it_was(keras: Any, tmp_path: Path, row: Former, name: str, forge: Forge) -> None:
    version = FORMERLY[row.within > (2, 2)]
    for layer, values in itertools.islice(layers(keras, row, name), None if forge is as_h5 else 1):
        model = model_of(keras, layer, values)
        if row.within == (2, 0):
            model.set_weights([RANDOM.normal(0, 1, array.shape) for array in model.get_weights()])
        expected = model(values, training=False).numpy()
        told: list[Any] = []
        result = load(forge(model, row, version, tmp_path), told.append)
        np.testing.assert_array_equal(result(values, training=False).numpy(), expected)
        assert told, layer
        assert {line.truth for line in told} == {"normalised"}


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_an_architecture_alone_means_the_same(keras: Any, kind: str) -> None:
    model = keras.Sequential([keras.Input((5, 3)), keras.layers.GRU(2, use_bias=False, reset_after=False)])
    row = next(row for row in FORMER if row.key == "reset_after")
    architecture = {**without(json.loads(model.to_json()), row.key, row.classes), "keras_version": "2.1.4"}
    assert load(LoadRequest(Path(f"net.{kind}"), kind, architecture=architecture)).layers[0].reset_after is False


@pytest.mark.parametrize(("said", "after"), [(None, True), ("2.1.4", False)])
def test_the_user_knows_better_than_the_file(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, after: bool
) -> None:
    row = next(row for row in FORMER if row.key == "reset_after")
    model = keras.Sequential([keras.Input((5, 3)), keras.layers.GRU(2, use_bias=False)])
    source = as_h5(model, row, "2.15.0", tmp_path)
    loaded: list[Any] = []
    monkeypatch.setattr(worker, "export", lambda source, *_: loaded.append(load(source)))
    about = SourceFacts("model.h5", "", "h5", {"keras_version": "2.15.0"})
    worker.handle_export(ExportRequest(source.path, tmp_path / "bundle", about, written_by=said), pytest.fail)
    assert loaded[0].layers[0].reset_after is after


def test_states_of_stacked_cells(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((5, 3))
    cells = [keras.layers.LSTMCell(4), keras.layers.GRUCell(2), keras.layers.SimpleRNNCell(3)]
    first, *states = keras.layers.RNN(keras.layers.StackedRNNCells(cells), return_state=True, name="r")(x)
    flat = [tensor for state in states for tensor in (state if isinstance(state, (list, tuple)) else [state])]
    model = keras.Model(x, [first, *flat])
    expected = model(STEPS)
    model.save(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        architecture = json.loads(file.attrs["model_config"])
        written = {1: 3, 2: 4, 3: 2, 4: 1}  # as Keras 2.2.2 numbers h and c of the first cell, and those of the others
        ends = architecture["config"]["output_layers"]
        architecture["config"]["output_layers"] = [[name, node, written.get(number, 0)] for name, node, number in ends]
        file.attrs["model_config"] = json.dumps(architecture)
    for result, other in zip(load(LoadRequest(tmp_path / "a.h5", written_by="2.2.2"))(STEPS), expected):
        np.testing.assert_array_equal(result, other)
