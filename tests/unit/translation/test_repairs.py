"""What is put right in a file of Keras 3, and that all else stays as it was."""

from __future__ import annotations

from typing import Any

import pytest

from translation.keras3_minors import repairs

ARRAY = {"class_name": "__numpy__", "config": {"value": [0.5, 2.0], "dtype": "float32"}}
SCALAR = {"class_name": "__numpy__", "config": {"value": 0.25, "dtype": "float64"}}


def entry(class_name: str, config: dict[str, Any], module: str = "keras.layers", **more: Any) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None, **more}


def model(*layers: dict[str, Any]) -> dict[str, Any]:
    return entry("Sequential", {"name": "outer", "layers": list(layers)}, "keras")


def test_a_scale_that_comes_back_as_a_tracked_dict_becomes_a_list() -> None:
    rescaling = entry("Rescaling", {"name": "scaled", "scale": ARRAY, "offset": SCALAR})
    found = repairs.with_lists(model(rescaling))
    assert found.config == model(entry("Rescaling", {"name": "scaled", "scale": [0.5, 2.0], "offset": 0.25}))
    assert [(row.layer, row.rule) for row in found.changes] == [("scaled", "Rescaling")] * 2
    assert ["`scale`" in row.text for row in found.changes] == [True, False]


@pytest.mark.parametrize(
    "layer",
    [
        entry("Rescaling", {"name": "scaled", "scale": [0.5, 2.0], "offset": 0.25}),
        entry("Mine", {"scale": ARRAY}),
        entry("Rescaling", {"scale": ARRAY}, "mine", registered_name="mine>Rescaling"),
    ],
)
def test_what_is_not_known_to_be_wrong_stays(layer: dict[str, Any]) -> None:
    assert repairs.with_lists(model(layer)) == repairs.Repaired(model(layer))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            entry("Dense", {"units": 3}, "keras.src.layers.core.dense"),
            entry("Dense", {"units": 3}),
            "keras.src.layers.core.dense.Dense is called keras.layers.Dense",
        ),
        (
            entry("RandomRotation", {"factor": 0.1, "value_range": [0, 255]}),
            entry("RandomRotation", {"factor": 0.1}),
            "`value_range` is left out, because it has its default value",
        ),
        (
            entry("Dense", {"units": 3, "quantization_config": None}),
            entry("Dense", {"units": 3}),
            "`quantization_config` is left out, because it has its default value",
        ),
        (
            entry("Reshape", {"newshape": [2]}, "keras.src.ops.numpy", name="reshape_1"),
            entry("Reshape", {"newshape": [2], "name": "reshape_1"}, "keras.src.ops.numpy", name="reshape_1"),
            "the operation reshape_1 is named as well",
        ),
    ],
)
def test_what_another_minor_writes_is_said_as_this_one_does(before: Any, after: Any, told: str) -> None:
    found = repairs.respelled(model(before), lambda path: path == "keras.layers.Dense", "3.8.0")
    assert found.config == model(after)
    assert [row.text for row in found.changes] == [told]


def test_what_this_keras_knows_stays_though_it_is_the_default() -> None:
    dense = model(entry("Dense", {"units": 3, "quantization_config": None}))
    assert repairs.respelled(dense, lambda _: True, "3.13.0") == repairs.Repaired(dense)


@pytest.mark.parametrize(
    "layer",
    [
        entry("RandomRotation", {"factor": 0.1, "value_range": [0, 1]}),
        entry("Dense", {"units": 3, "quantization_config": {"mode": "int8"}}),
        entry("Gone", {}, "keras.src.layers.core.gone"),
        entry("Functional", {"layers": []}, "keras.src.models.functional"),
        entry("Add", {"name": "add"}, "keras.src.ops.numpy", name="add"),
    ],
)
def test_what_says_something_stays(layer: dict[str, Any]) -> None:
    assert repairs.respelled(model(layer), lambda path: path == "keras.layers.Dense", "3.8.0") == repairs.Repaired(
        model(layer)
    )
