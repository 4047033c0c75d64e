"""What differs between two configs of Keras 3, and which of it touches training alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from importer.rollback.structure import _counted, differences


def layer(class_name: str, name: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    return {
        "module": module, "class_name": class_name, "config": {"name": name, **config}, "name": name,
        "registered_name": None,
    }  # fmt: skip


def model(*layers: dict[str, Any], name: str = "net", **config: Any) -> dict[str, Any]:
    inner = {"name": name, "trainable": True, "layers": list(layers), "output_layers": [["out", 0, 0]], **config}
    return {"module": "keras", "class_name": "Functional", "config": inner, "registered_name": "Functional"}


def net(**changed: Any) -> dict[str, Any]:
    wrapped = layer("Bidirectional", "both", layer=layer("LSTM", "lstm", **{"units": 3, "dropout": 0.1, **changed}))
    return model(layer("Dense", "in", units=4, kernel_regularizer=None), wrapped, layer("Dense", "out", units=1))


def found(before: Any, now: Any) -> list[tuple[str, str, Any, Any, bool]]:
    rows = differences(_counted(before), _counted(now))
    return [(row.place.shown, row.key, row.before, row.now, row.is_of_training) for row in rows]


def test_equal_configs_do_not_differ() -> None:
    assert found(net(), copy.deepcopy(net())) == []


def test_how_keras_saves_it_does_not_matter() -> None:
    saved = {**net(), "build_config": {"input_shape": [1]}, "compile_config": {"loss": "mse"}, "module": "keras.models"}
    assert found(net(), saved) == []


def test_a_key_of_an_inner_layer() -> None:
    assert found(net(), net(units=5)) == [("both.layer", "layer.units", 3, 5, False)]
    assert found(net(), net(dropout=0.5)) == [("both.layer", "layer.dropout", 0.1, 0.5, True)]
    assert found(net(), net(unroll=True)) == [("both.layer", "layer.unroll", None, True, False)]


def test_layers_that_are_there_once() -> None:
    now = model(layer("Dense", "in", units=4, kernel_regularizer=None), layer("Dense", "out", units=2))
    assert found(net(), now) == [
        ("", "layers", ["in", "both", "out"], ["in", "out"], False),
        ("out", "units", 1, 2, False),
    ]


def test_another_class_hides_its_keys() -> None:
    now = net()
    now["config"]["layers"][0] = layer("Embedding", "in", input_dim=4)
    assert found(net(), now) == [("in", "class_name", "Dense", "Embedding", False)]


def test_the_name_of_the_outermost_model_alone_may_change() -> None:
    assert found(net(), {**net(), "config": {**net()["config"], "name": "other"}}) == [
        ("", "name", "net", "other", True)
    ]


@pytest.mark.parametrize(
    ("class_name", "module", "key", "is_of_training"),
    [
        ("Dropout", "keras.layers", "rate", True),
        ("Dense", "keras.layers", "trainable", True),
        ("Dense", "keras.layers", "bias_constraint", True),
        ("Dense", "keras.layers", "kernel_initializer", True),
        ("Dense", "keras.layers", "activation", False),
        ("BatchNormalization", "keras.layers", "momentum", True),
        ("BatchNormalization", "keras.layers", "epsilon", False),
        ("Own", "mine", "trainable", True),
        ("Own", "mine", "rate", False),
    ],
)
def test_what_touches_training_alone(class_name: str, module: str, key: str, is_of_training: bool) -> None:
    before, now = (model(layer(class_name, "out", module, **{key: value})) for value in (1, 2))
    assert found(before, now) == [("out", key, 1, 2, is_of_training)]


def with_operation(name: str, axis: int = 0) -> dict[str, Any]:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 3], "keras_history": [name, 0, 0]}}
    operation = layer("Squeeze", name, "keras.src.ops.numpy", axis=axis)
    dense = {**layer("Dense", "out", units=1, activation=name), "inbound_nodes": [{"args": [tensor], "kwargs": {}}]}
    return model(operation, dense, output_layers=[[name, 0, 0], ["out", 0, 0]])


def test_the_names_of_operations_do_not_matter() -> None:
    rows = found(with_operation("squeeze_7"), with_operation("squeeze"))
    assert rows == [("out", "activation", "squeeze_7", "squeeze", False)]  # which is no name of an operation
    assert found(with_operation("squeeze"), with_operation("squeeze", axis=1)) == [("Squeeze#1", "axis", 0, 1, False)]


def test_a_problem_has_both_values() -> None:
    (row,) = differences(net(), net(units=5))
    assert (row.problem.layer, row.problem.class_name, row.problem.key) == ("both.layer", "LSTM", "layer.units")
    assert (row.problem.value, row.problem.text) == (5, "it was 3 when the model was migrated")
