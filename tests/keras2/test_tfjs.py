"""Layers models of TensorFlow.js: their weights find their layers, and are what they mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.load import LoadRequest, load
from interchange.errors import Exit, Failure
from tests.models import tfjs_files


@pytest.fixture
def model(keras: Any) -> Any:
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="within")], name="inner")
    x = keras.Input((5, 4))
    y = keras.layers.Bidirectional(keras.layers.LSTM(2), name="both")(x)
    y = keras.layers.BatchNormalization(name="norm")(inner(y))
    made = keras.Model(x, keras.layers.Dense(2, name="last")(y))
    random = np.random.default_rng(3)
    made.set_weights([random.normal(size=weight.shape) for weight in made.weights])
    return made


def saved(model: Any, folder: Path, **options: Any) -> LoadRequest:
    arrays = {weight.name.split(":")[0]: weight.numpy() for layer in model.layers for weight in layer.weights}
    config = json.loads(model.to_json())
    path = tfjs_files.write(folder, {key: config[key] for key in ("class_name", "config")}, arrays, **options)
    return LoadRequest(path, "tfjs", architecture={**config, "keras_version": "2.15.0"})


def test_a_layers_model_has_its_weights(model: Any, tmp_path: Path) -> None:
    found = load(saved(model, tmp_path, shards=3))
    for mine, theirs in zip(found.weights, model.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(("quantised", "most"), [("uint8", 0.02), ("uint16", 1e-4), ("float16", 2e-3)])
def test_quantised_weights_are_what_tensorflow_js_makes_of_them(
    model: Any, tmp_path: Path, quantised: str, most: float
) -> None:
    said: list[Any] = []
    found = load(saved(model, tmp_path, quantised=quantised), said.append)
    gaps = [np.abs(mine - theirs).max() for mine, theirs in zip(found.get_weights(), model.get_weights(), strict=True)]
    assert 0 < max(gaps) < most
    assert len(said) == len(model.weights)
    assert all(f"comes from {quantised}" in row.text for row in said)


@pytest.mark.parametrize("change", ["removed", "added", "renamed"])
def test_weights_that_do_not_fit(model: Any, tmp_path: Path, change: str) -> None:
    source = saved(model, tmp_path)
    told = json.loads(source.path.read_text())
    rows = told["weightsManifest"][0]["weights"]
    shard = tmp_path / "group1-shard1of1.bin"
    if change == "removed":
        rows.pop()
    elif change == "added":
        rows.append({"name": "other/kernel", "shape": [2], "dtype": "float32"})
        shard.write_bytes(shard.read_bytes() + bytes(8))
    else:
        rows[-1]["name"] = "other/bias"
    source.path.write_text(json.dumps(told))
    with pytest.raises(Failure) as caught:
        load(source)
    assert caught.value.code is Exit.WEIGHTS
