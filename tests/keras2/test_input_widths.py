"""A Sequential whose first layer was adapted has an input of no size in every file; its weights tell it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.load import LoadRequest, load
from exporter.load.input_widths import widened
from keras2to3.scanner.examine import examine

SHAPE = (6, 4)


def adapted(keras: Any, axis: Any = -1, shape: tuple[int, ...] = SHAPE) -> tuple[Any, Any]:
    x = np.random.default_rng(1).normal(3, 2, shape).astype("float32")
    first = keras.layers.Normalization(axis=axis)
    first.adapt(x)
    model = keras.Sequential([first, keras.layers.Dense(2)])
    return model, (x, model(x))


@pytest.mark.parametrize("name", ["model.h5", "model.keras", "model.tf", "apart.weights.h5", "apart.h5"])
def test_it_is_built_of_that_size(keras: Any, tmp_path: Path, name: str) -> None:
    model, (x, answer) = adapted(keras)
    path, architecture = tmp_path / name, None
    if name.startswith("apart"):
        model.save_weights(path)
        architecture = json.loads(model.to_json())
    else:
        model.save(path)
        architecture = examine(path).architecture if path.is_dir() else None
    format_ = {".keras": "keras", ".tf": "savedmodel"}.get(path.suffix, "weights" if architecture else "h5")
    loaded = load(LoadRequest(path, format_, architecture=architecture))
    assert loaded.input_shape == (None, 4)
    np.testing.assert_array_equal(loaded(x), answer)


def entry(axis: Any, shape: Any, kind: str = "Normalization") -> Mapping[str, Any]:
    first = {"class_name": "InputLayer", "config": {"batch_input_shape": shape, "name": "input"}}
    layer = {"class_name": kind, "config": {"axis": axis, "batch_input_shape": shape, "name": "first"}}
    return {"class_name": "Sequential", "config": {"layers": [first, layer, {"class_name": "ReLU", "config": {}}]}}


@pytest.mark.parametrize(
    ("axis", "shape", "mean", "wanted"),
    [
        ([-1], [None, None], (4,), [None, 4]),
        ([2, 1], [None, None, None], (3, 5), [None, 3, 5]),
        ([-1], [None, 7, None], (2,), [None, 7, 2]),
        ([1], [None, None, 9], (2,), [None, 2, 9]),
    ],
)
def test_the_sizes_of_the_mean_are_those_of_the_axes_that_are_kept(
    axis: Any, shape: Any, mean: Any, wanted: Any
) -> None:
    layers = widened(entry(axis, shape), lambda *_: mean)["config"]["layers"]
    assert [layer["config"].get("batch_input_shape") for layer in layers] == [wanted, wanted, None]


@pytest.mark.parametrize(
    "model",
    [entry([-1], [None, 4]), entry(None, [None, None]), entry([-1], [None, None], "Dense"), entry([-1], None)],
)
def test_what_needs_no_size_stays_as_it_is(model: Any) -> None:
    assert widened(model, lambda *_: (4,)) is model
