"""Paths and roles of variables: the same whatever the variables themselves are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from exporter.describe.description import architecture, variables
from tests.models.topologies import MODELS


def paths(layer: Any) -> dict[str, list[str]]:
    """Names of variables by the path of their layer, in order."""
    found: dict[str, list[str]] = {}
    for path, name, _ in variables(layer):
        found.setdefault("/".join(path), []).append(name)
    return found


def built(layer: Any, *shape: int) -> Any:
    layer.build((None, *shape))
    return layer


GATES = ["kernel", "recurrent_kernel", "bias"]
LAYERS: dict[str, tuple[Callable[[Any], Any], dict[str, list[str]]]] = {
    "dense": (lambda layers: built(layers.Dense(2, name="odd"), 3), {"": ["kernel", "bias"]}),
    "frozen": (lambda layers: built(layers.Dense(2, trainable=False), 3), {"": ["kernel", "bias"]}),
    "batch_norm": (
        lambda layers: built(layers.BatchNormalization(), 3),
        {"": ["gamma", "beta", "moving_mean", "moving_variance"]},
    ),
    "separable": (
        lambda layers: built(layers.SeparableConv1D(2, 2), 5, 3),
        {"": ["depthwise_kernel", "pointwise_kernel", "bias"]},
    ),
    "lstm": (lambda layers: built(layers.LSTM(2), 5, 3), {"cell": GATES}),
    "bidirectional": (
        lambda layers: built(layers.Bidirectional(layers.GRU(2, name="whatever")), 5, 3),
        {"forward_layer/cell": GATES, "backward_layer/cell": GATES},
    ),
    "stacked": (
        lambda layers: built(layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)]), 5, 3),
        {"cell/cells/0": GATES, "cell/cells/1": GATES},
    ),
    "time_distributed": (
        lambda layers: built(layers.TimeDistributed(layers.Dense(2)), 5, 3),
        {"layer": ["kernel", "bias"]},
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_variables_have_the_path_of_their_layer_and_a_name_of_their_own(keras: Any, name: str) -> None:
    build, expected = LAYERS[name]
    assert paths(build(keras.layers)) == expected


def test_layers_within_models_have_the_names_of_the_layers(keras: Any) -> None:
    x = keras.Input((3,))
    inner = keras.Sequential([keras.layers.Dense(4, name="hidden")], name="inner")
    middle = keras.Model(x, inner(x), name="middle")
    outer = keras.Sequential([keras.Input((3,)), middle, keras.layers.Dense(1, name="top")])
    assert paths(outer) == {"middle/inner/hidden": ["kernel", "bias"], "top": ["kernel", "bias"]}


def test_a_model_within_a_wrapper(keras: Any) -> None:
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")], name="inner")
    outer = keras.Sequential([keras.Input((5, 3)), keras.layers.TimeDistributed(inner, name="each")])
    assert paths(outer) == {"each/layer/dense": ["kernel", "bias"]}


def test_a_layer_called_twice_is_listed_once(keras: Any) -> None:
    x, dense = keras.Input((3,)), keras.layers.Dense(3, name="shared")
    assert paths(keras.Model(x, dense(dense(x)))) == {"shared": ["kernel", "bias"]}


def test_two_variables_of_one_name_are_numbered(keras: Any) -> None:
    layer = keras.layers.Layer()
    for _ in range(3):
        layer.add_weight(name="w", shape=())
    assert paths(layer) == {"": ["w", "w#1", "w#2"]}


SHARING = (
    "shared_layer_three_times",
    "inner_model_twice",
    "same_names_in_two_towers",
    "stateful_fixed_batch",
    "model_in_time_distributed",
)


@pytest.mark.parametrize("name", SHARING)
def test_every_variable_is_listed_once_under_a_name_of_its_own(keras: Any, name: str) -> None:
    model = MODELS[name](keras)
    listed = [id(variable) for _, _, variable in variables(model)]
    assert sorted(listed) == sorted({id(variable) for variable in model.weights} - {*map(id, _states(model))})
    assert len({(path, name) for path, name, _ in variables(model)}) == len(listed)


def _states(model: Any) -> list[Any]:
    """The states of stateful layers; what a sequence has left behind is no weight."""
    import tensorflow as tf

    return [state for layer in model.layers for state in tf.nest.flatten(getattr(layer, "states", None) or [])]


def test_the_architecture_is_plain_json(keras: Any) -> None:
    described = architecture(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)], name="net"))
    assert described["class_name"] == "Sequential"
    assert [layer["class_name"] for layer in described["config"]["layers"]] == ["InputLayer", "Dense"]
    assert described["config"]["layers"][0]["config"]["batch_input_shape"] == [None, 3]


def test_causal_attention_says_so_though_keras_2_forgets_it(keras: Any) -> None:
    x = keras.Input((3, 2))
    attended = keras.layers.Attention(causal=True)([x, keras.layers.AdditiveAttention()([x, x])])
    described = architecture(keras.Model(x, attended))
    assert [layer["config"].get("causal") for layer in described["config"]["layers"]] == [None, None, True]
    assert "causal" not in keras.layers.Attention(causal=True).get_config()
