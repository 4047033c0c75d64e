"""From Keras 2.15's config to specs: what is carried over, what is told, and that every refusal is named at once."""

from __future__ import annotations

from typing import Any

import pytest

from interchange.errors import Exit, Failure, Problem
from interchange.messages.changes import Change
from translation.keras2_to_3.configs import dtype_name, plain
from translation.keras2_to_3.rules import table
from translation.keras2_to_3.spec import Call, Graph, Placed, Spec, TensorRef
from translation.keras2_to_3.translate import Translation, refusal_of, translate, translated

Config = dict[str, Any]


def entry(class_name: str, name: str, /, *inbound: Any, **config: Any) -> Config:
    """A layer as a functional model lists it."""
    config = {"name": name, "trainable": True, "dtype": "float32", **config}
    return {"class_name": class_name, "name": name, "config": config, "inbound_nodes": list(inbound)}


def model(*layers: Config, name: str = "net", class_name: str = "Functional", **config: Any) -> Config:
    """A model from the first of `layers` to the last."""
    last = [layers[-1]["name"], int("layers" in layers[-1]["config"]), 0]
    ends = {"input_layers": [[layers[0]["name"], 0, 0]], "output_layers": [last]}
    return {"class_name": class_name, "name": name, "config": {"name": name, "layers": list(layers), **ends, **config}}


X = entry("InputLayer", "x", batch_input_shape=[None, 4], sparse=False, ragged=False)


def after_x(**kwargs: Any) -> list[Any]:
    return [["x", 0, 0, kwargs]]


def translation(class_name: str, /, **config: Any) -> Translation:
    """Of a model that holds one layer named `it`."""
    return translate(model(X, entry(class_name, "it", after_x(), **config)))


def layer_of(found: Translation, *path: str) -> Placed:
    """The layer at `path`, whatever problems there were."""
    graph: Any = found.graph
    for name in path:
        placed = next(layer for layer in graph.layers if layer.name == name)
        graph = placed.item
    return placed


def spec(class_name: str, /, **config: Any) -> Any:
    """The spec of a layer that is translated without a problem."""
    found = translation(class_name, **config)
    assert found.problems == []
    return layer_of(found, "it").item


def told(found: Translation) -> list[tuple[str, str, str | None, Any]]:
    return [(problem.layer, problem.class_name, problem.key, problem.value) for problem in found.problems]


def test_a_functional_model() -> None:
    found = translate(model(X, entry("Dense", "dense", after_x(), units=2, activation="relu"), trainable=False))
    x = Spec("layers", "InputLayer", {"batch_shape": [None, 4]}, "x", "x", True, "float32")
    dense = Spec("layers", "Dense", {"units": 2, "activation": "relu"}, "dense", "dense", True, "float32")
    first = TensorRef("x", 0, 0)
    layers = (Placed("x", "x", x, ()), Placed("dense", "dense", dense, (Call(first, {}),)))
    assert found == Translation(Graph("net", "", layers, first, TensorRef("dense", 0, 0), trainable=False), [], [])


def test_a_sequential_model_is_a_chain() -> None:
    dense, drop = entry("Dense", "dense", units=2), entry("Dropout", "drop", rate=0.5)
    graph = translate(model(X, dense, drop, class_name="Sequential")).graph
    assert graph is not None
    assert (graph.sequential, graph.inputs, graph.outputs) == (True, TensorRef("x", 0, 0), TensorRef("drop", 0, 0))
    assert [[call.inputs for call in layer.calls] for layer in graph.layers] == [
        [],
        [TensorRef("x", 0, 0)],
        [TensorRef("dense", 0, 0)],
    ]


def test_a_sequential_model_need_not_know_its_input() -> None:
    graph = translate(model(entry("Dense", "dense", units=2), class_name="Sequential")).graph
    assert graph is not None
    assert graph.inputs is None


def test_paths_lead_from_the_outermost_model_inwards() -> None:
    inner = model(X, entry("Dense", "dense", after_x(), units=2), name="inner")
    middle = model(X, {**inner, "inbound_nodes": [after_x()]}, name="middle")
    found = translate(model(X, {**middle, "inbound_nodes": [after_x()]}))
    assert layer_of(found, "middle", "inner", "dense").path == "middle/inner/dense"


def test_the_calls_of_a_nested_model_are_counted_from_one_in_keras_2() -> None:
    inner = model(X, entry("Dense", "dense", after_x(), units=4), name="inner")
    outer = model(X, {**inner, "inbound_nodes": [after_x()]}, entry("ReLU", "relu", [["inner", 1, 0, {}]]))
    assert layer_of(translate(outer), "relu").calls == (Call(TensorRef("inner", 0, 0), {}),)


@pytest.mark.parametrize(
    ("key", "value"), [("trainable", False), ("dtype", "float64"), ("name", "it")], ids=["trainable", "dtype", "name"]
)
def test_what_every_layer_has_is_kept(key: str, value: Any) -> None:
    assert getattr(spec("Flatten", **{key: value}), key) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("float16", "float16"),
        ({"class_name": "Policy", "config": {"name": "mixed_bfloat16"}}, "mixed_bfloat16"),
    ],
)
def test_a_dtype_is_named_by_itself_or_by_its_policy(value: Any, expected: str | None) -> None:
    assert dtype_name(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"class_name": "__tuple__", "items": [1, {"class_name": "__tuple__", "items": [2]}]}, [1, [2]]),
        ({"class_name": "__numpy__", "config": {"value": [1.5, 2.5], "dtype": "float32"}}, [1.5, 2.5]),
        ({"a": (1, [2])}, {"a": [1, [2]]}),
        ("text", "text"),
    ],
    ids=["tuple", "numpy", "nested", "text"],
)
def test_values_become_plain_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_the_values_of_a_config_become_plain_json() -> None:
    scale = {"class_name": "__numpy__", "config": {"value": [1.5, 2.5], "dtype": "float32"}}
    assert spec("Rescaling", scale=scale, offset=0).config["scale"] == [1.5, 2.5]


@pytest.mark.parametrize(
    ("key", "entry", "expected"),
    [
        ("kernel_initializer", {"class_name": "Zeros", "config": {}}, ("initializers", "Zeros", {})),
        ("bias_regularizer", {"class_name": "L2", "config": {"l2": 0.5}}, ("regularizers", "L2", {"l2": 0.5})),
        ("kernel_constraint", {"class_name": "NonNeg", "config": {}}, ("constraints", "NonNeg", {})),
        ("activation", {"module": "keras.layers", "class_name": "ReLU", "config": {}}, ("layers", "ReLU", {})),
        ("kernel_initializer", {"module": "keras.initializers", "class_name": "Ones"}, ("initializers", "Ones", {})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nested_objects_are_of_the_kind_their_module_or_key_says(key: str, entry: Config, expected: Any) -> None:
    nested = spec("Dense", units=2, **{key: entry}).config[key]
    assert (nested.kind, nested.class_name, nested.config) == expected
    assert nested.path == f"it.{key}"


def test_an_activation_keras_3_lacks_becomes_a_spec_and_is_told() -> None:
    found = translation("Dense", units=2, activation="hard_sigmoid")
    assert layer_of(found, "it").item.config["activation"].call_decomposition == "hard_sigmoid"
    assert [(change.layer, change.rule, change.kind) for change in found.changes] == [
        ("it", "hard_sigmoid", "semantic")
    ]


LSTM = {"class_name": "LSTM", "config": {"name": "lstm", "units": 3, "time_major": True}}


def test_a_wrapper_carries_what_a_key_of_the_wrapped_layer_asks_for() -> None:
    assert spec("Bidirectional", layer=LSTM).decompositions == ("time_major",)


def test_a_wrapper_that_cannot_carry_it_is_refused() -> None:
    found = translation("TimeDistributed", layer=LSTM)
    assert told(found) == [("it", "TimeDistributed", None, None)]
    assert "time_major" in found.problems[0].text


def test_a_refusal_names_a_wrapped_layer_and_its_class_alone() -> None:
    found = translation("TimeDistributed", layer={**LSTM, "config": {**LSTM["config"], "stateful": True}})
    assert found.problems[0].value == "lstm (LSTM)"


def test_the_hint_is_the_way_out_that_all_problems_share() -> None:
    def hint(*ways: str | None) -> str | None:
        return refusal_of([Problem("a", "LSTM", "not so", unblock=way) for way in ways]).hint

    assert hint("do this", "do this") == "do this"
    assert hint(None, None) == "Build the model in Keras 2 without it, load the weights into that, and save it again."
    assert hint("do this", "do that") == "Each has a way out that is told with it."
    assert "where none is told: Build the model in Keras 2" in (hint("do this", None) or "")


@pytest.mark.parametrize("depth", [0, 1])
def test_a_stateful_layer_is_not_applied_to_each_step(depth: int) -> None:
    layer: Config = {"class_name": "LSTM", "config": {"name": "lstm", "units": 2, "stateful": True}}
    for _ in range(depth):
        layer = {"class_name": "Bidirectional", "config": {"name": "both", "layer": layer}}
    found = translation("TimeDistributed", layer=layer)
    assert [(problem.layer, problem.key) for problem in found.problems] == [("it", "layer")]
    assert "stateful" in found.problems[0].text


def test_cells_in_a_list_are_translated_each() -> None:
    cells = [{"class_name": "GRUCell", "config": {"name": name, "units": 3, "flavour": 1}} for name in "ab"]
    found = translation("StackedRNNCells", cells=cells)
    assert told(found) == [("it.cells", "GRUCell", "flavour", 1)] * 2


def test_all_problems_are_told_at_once_wherever_they_are() -> None:
    inner = model(X, entry("Mystery", "box", after_x()), name="inner")
    wrapped = {"class_name": "Conv1D", "config": {"name": "conv", "filters": 2, "kernel_size": 1, "flavour": "bitter"}}
    odd = {"class_name": "Zeros", "config": {"colour": "red"}}
    found = translate(
        model(
            X,
            {**inner, "inbound_nodes": [after_x()]},
            entry("Dense", "dense", after_x(), units=2, activation="sinus", kernel_initializer=odd, bias_constraint=[]),
            entry("TimeDistributed", "each", after_x(), layer=wrapped),
            entry("Embedding", "words", after_x(), input_dim=2, output_dim=2, sparse=True),
            entry("GRU", "reader", after_x(training=True), units=2, dropout=0.5),
        )
    )
    assert told(found) == [
        ("inner/box", "Mystery", None, None),
        ("dense", "sinus", "activation", "sinus"),
        ("dense.kernel_initializer", "Zeros", "colour", "red"),
        ("each.layer", "Conv1D", "flavour", "bitter"),
        ("words", "Embedding", "sparse", True),
        ("reader", "GRU", "training", True),
    ]


def test_a_model_with_problems_is_refused_with_all_of_them() -> None:
    with pytest.raises(Failure) as caught:
        translated(model(X, entry("Mystery", "a", after_x()), entry("Flatten", "b", after_x(), flavour=1)))
    assert caught.value.code is Exit.REFUSED
    assert caught.value.message.startswith("2 things in this model cannot be migrated yet; the first: a (Mystery)")
    assert [problem.layer for problem in caught.value.problems] == ["a", "b"]


def test_inputs_keras_3_does_not_have_are_refused() -> None:
    odd = entry("InputLayer", "x", **{**X["config"], "flavour": "bitter"})
    assert told(translate(model(odd, entry("Flatten", "it", after_x())))) == [("x", "InputLayer", "flavour", "bitter")]


@pytest.mark.parametrize("key", ["sparse", "ragged"])
def test_an_input_stays_sparse_or_ragged(key: str) -> None:
    found = translate(model(entry("InputLayer", "x", **{**X["config"], key: True}), entry("Flatten", "it", after_x())))
    assert found.problems == []
    assert layer_of(found, "x").item.config == {"batch_shape": [None, 4], key: True}


def test_a_layer_that_takes_sparse_tensors_is_told_that_it_gets_one() -> None:
    found = translate(model(X, entry("Dense", "it", after_x(), units=2)), {"it": ["sparse"]})
    assert found.problems == []
    assert layer_of(found, "it").item.given == {"sparse"}


def test_a_layer_that_does_not_take_such_tensors_is_refused_at_any_depth() -> None:
    inner = model(X, entry("Flatten", "flat", after_x()), name="inner")
    whole = model(X, {**inner, "inbound_nodes": [after_x()]}, entry("Mystery", "it", after_x()))
    found = translate(whole, {"inner": ["ragged"], "inner/flat": ["sparse"], "it": ["ragged", "sparse"]})
    assert told(found) == [
        ("inner", "Functional", "ragged", True),
        ("inner/flat", "Flatten", "sparse", True),
        ("it", "Mystery", "ragged", True),
        ("it", "Mystery", "sparse", True),
        ("it", "Mystery", None, None),
    ]


def test_training_false_in_the_call_is_told_and_left_out() -> None:
    found = translate(model(X, entry("Dropout", "it", after_x(training=False), rate=0.5)))
    assert found.problems == []
    assert [(change.layer, change.kind) for change in found.changes] == [("it", "training-only")]
    assert layer_of(found, "it").calls[0].kwargs == {}


@pytest.mark.parametrize("training", [None, 0])
def test_training_left_open_or_off_is_no_problem(training: Any) -> None:
    assert translate(model(X, entry("Dropout", "it", after_x(training=training), rate=0.5))).problems == []


IDLE: dict[str, Config] = {
    "Dense": {"units": 2},
    "Dropout": {"rate": 0.0},
    "GRU": {"units": 3, "dropout": 0.0, "recurrent_dropout": 0},
    "Bidirectional": {"layer": {"class_name": "GRU", "config": {"name": "gru", "units": 3, "dropout": 0.0}}},
}
ACTING: dict[str, Config] = {
    "GRU": {"units": 3, "recurrent_dropout": 0.1},
    "Bidirectional": {"layer": {"class_name": "GRU", "config": {"name": "gru", "units": 3, "dropout": 0.1}}},
    "TimeDistributed": {"layer": {"class_name": "BatchNormalization", "config": {"name": "norm"}}},
}
WRITTEN_OUT: dict[str, tuple[Config, str]] = {
    "BatchNormalization": ({"axis": -1, "center": True, "scale": True, "epsilon": 1e-3}, "batch_statistics"),
    "Dropout": ({"rate": 0.5}, "noise_in_calls"),
    "SpatialDropout2D": ({"rate": 0.5}, "noise_in_calls"),
    "TimeDistributed": (
        {"layer": {"class_name": "GaussianNoise", "config": {"name": "noise", "stddev": 0.1}}},
        "noise_in_calls",
    ),
}


@pytest.mark.parametrize("name", IDLE)
def test_training_true_is_told_and_left_out_where_nothing_acts_in_training(name: str) -> None:
    found = translate(model(X, entry(name, "it", after_x(training=True), **IDLE[name])))
    assert found.problems == []
    assert [(change.layer, change.kind) for change in found.changes] == [("it", "structural")]
    assert layer_of(found, "it").calls[0].kwargs == {}


@pytest.mark.parametrize("name", ACTING)
def test_training_true_is_refused_where_something_acts_in_training(name: str) -> None:
    found = translate(model(X, entry(name, "it", after_x(training=True), **ACTING[name])))
    assert told(found) == [("it", name, "training", True)]


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_training_true_is_written_out_where_keras_3_would_overrule_it(name: str) -> None:
    config, rule = WRITTEN_OUT[name]
    found = translate(model(X, entry(name, "it", after_x(training=True), **config)))
    assert found.problems == []
    item = layer_of(found, "it").item
    assert isinstance(item, Spec)
    assert item.composed == rule
    assert layer_of(found, "it").calls[0].kwargs == {}


def test_a_layer_that_is_called_with_training_and_without_is_refused() -> None:
    calls = [after_x(training=True), after_x()]
    found = translate(model(X, {**entry("Dropout", "it", after_x(), rate=0.5), "inbound_nodes": calls}))
    assert told(found) == [("it", "Dropout", "training", True)]


def test_a_model_in_training_is_called_so_at_any_depth() -> None:
    inner = model(
        X,
        entry("Dropout", "drop", after_x(), rate=0.5),
        entry("Dropout", "off", after_x(training=False), rate=0.5),
        name="inner",
    )
    found = translate(model(X, {**inner, "inbound_nodes": [after_x(training=True)]}))
    graph = layer_of(found, "inner").item
    assert isinstance(graph, Graph)
    assert {layer.name: layer.item.composed for layer in graph.layers[1:] if isinstance(layer.item, Spec)} == {
        "drop": "noise_in_calls",
        "off": None,
    }


def test_a_slash_in_a_name_is_replaced_and_the_way_back_is_told() -> None:
    found = translate(
        model(
            X,
            entry("Dense", "a_b", after_x(), units=2),
            entry("Dense", "a/b", [["a_b", 0, 0, {}]], units=2),
            name="my/net",
        )
    )
    assert found.graph is not None
    assert found.graph.name == "my_net"
    assert {layer.name: layer.item.name for layer in found.graph.layers} == {"x": "x", "a_b": "a_b", "a/b": "a_b_1"}
    assert found.changes == [
        Change("my/net", "name", "structural", "'my/net' is called 'my_net': Keras 3 has no / in names"),
        Change("a/b", "name", "structural", "'a/b' is called 'a_b_1': Keras 3 has no / in names"),
    ]


@pytest.mark.parametrize(
    "wrapped",
    [
        {"class_name": "Dense", "config": {"name": "a/b", "units": 2}},
        model(X, entry("Flatten", "it", after_x()), name="a/b"),
    ],
    ids=["layer", "model"],
)
def test_a_slash_in_the_name_of_what_is_wrapped_is_replaced_too(wrapped: Config) -> None:
    found = translation("TimeDistributed", layer=wrapped)
    assert layer_of(found, "it").item.config["layer"].name == "a_b"
    assert [change.rule for change in found.changes] == ["name"]


@pytest.mark.parametrize(
    "name", sorted(name for (kind, name), rule in table().items() if kind == "layers" and rule.refused)
)
def test_a_refused_class_says_why_and_what_helps(name: str) -> None:
    (problem,) = translation(name, whatever=1).problems
    rule = table()["layers", name]
    assert (problem.layer, problem.class_name) == ("it", name)
    assert (problem.text, problem.unblock) == (rule.refused, rule.instead)


def test_a_refused_class_inside_a_wrapper_is_refused_as_well() -> None:
    cell = {"class_name": "ResidualWrapper", "config": {"cell": {"class_name": "LSTMCell", "config": {"units": 2}}}}
    (problem,) = translation("RNN", cell=cell).problems
    assert (problem.layer, problem.class_name) == ("it.cell", "ResidualWrapper")
    assert problem.unblock


@pytest.mark.parametrize("name", ["Functional", "Model", "Sequential"])
def test_a_model_without_layers_is_refused_by_name(name: str) -> None:
    (problem,) = translation(name).problems
    assert problem.unblock


@pytest.mark.parametrize("first", [0, 1])
def test_calls_of_a_class_that_was_made_as_a_graph_are_counted_from_one(first: int) -> None:
    twice = [[["x", 0, 0, {}]], [["mine", first, 0, {}]]]
    mine = entry("Mine", "mine", *twice, units=3)
    architecture = model(X, mine, entry("Dense", "end", [["mine", first + 1, 0, {}]], units=2))
    graph, _ = translated(architecture, {}, {}, {"Mine": "Layer"})
    layers = {layer.name: layer for layer in graph.layers}
    assert [call.inputs for call in layers["mine"].calls] == [TensorRef("x", 0, 0), TensorRef("mine", 0, 0)]
    assert layers["end"].calls[0].inputs == TensorRef("mine", 1, 0)
