"""Configs of Keras 3 become graphs of Keras 2.15, or every reason why not is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from translation.keras2_to_3.spec import Call, Graph, Spec, TensorRef
from translation.keras3_to_2.translate import translate, translated


def tensor(layer: str, node: int = 0, index: int = 0) -> Mapping[str, Any]:
    history = {"shape": [None, 4], "dtype": "float32", "keras_history": [layer, node, index]}
    return {"class_name": "__keras_tensor__", "config": history}


def node(*args: Any, **kwargs: Any) -> Mapping[str, Any]:
    return {"args": list(args), "kwargs": kwargs}


def layer(class_name: str, name: str, *nodes: Any, **config: Any) -> dict[str, Any]:
    kind = {"module": "keras.layers", "class_name": class_name, "registered_name": None}
    return {**kind, "config": {"name": name, **config}, "name": name, "inbound_nodes": list(nodes)}


def of_input(name: str = "x", **config: Any) -> dict[str, Any]:
    return layer("InputLayer", name, batch_shape=[None, 4], dtype="float32", sparse=False, **config)


def functional(*layers: Mapping[str, Any], inputs: Any = None, outputs: Any = None, name: str = "m") -> dict[str, Any]:
    ends = {
        "input_layers": inputs or [["x", 0, 0]],
        "output_layers": outputs or [[layers[-1]["name"], 0, 0]],
    }
    config = {"name": name, "trainable": True, "layers": list(layers), **ends}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config, "name": name}


def sequential(*layers: Mapping[str, Any], **config: Any) -> dict[str, Any]:
    inner = {"name": "s", "trainable": True, "layers": list(layers), **config}
    return {"module": "keras", "class_name": "Sequential", "config": inner}


def item(config: Mapping[str, Any], name: str) -> Any:
    graph, _ = translated(config)
    return next(placed.item for placed in graph.layers if placed.name == name)


def dense(name: str = "d", *nodes: Any, **config: Any) -> dict[str, Any]:
    return layer("Dense", name, *(nodes or [node(tensor("x"))]), **{"units": 3, "activation": "relu", **config})


def problems(config: Mapping[str, Any]) -> Sequence[tuple[str, str, str | None, Any]]:
    return [(each.layer, each.class_name, each.key, each.value) for each in translate(config).problems]


def test_a_functional_model() -> None:
    graph, changes = translated(functional(of_input(), dense(use_bias=True), name="net"))
    assert (graph.name, graph.sequential, graph.inputs) == ("net", False, [TensorRef("x", 0, 0)])
    assert graph.outputs == [TensorRef("d", 0, 0)]
    assert [placed.name for placed in graph.layers] == ["x", "d"]
    assert graph.layers[0].item.config == {"batch_input_shape": [None, 4]}
    assert graph.layers[1].item.config == {"units": 3, "activation": "relu", "use_bias": True}
    assert graph.layers[1].calls == (Call(TensorRef("x", 0, 0), {}),)
    assert changes == []


def test_a_sequential_takes_its_input_from_beside_its_layers() -> None:
    entry = dense()
    graph, _ = translated(sequential(entry, build_input_shape=[None, 5]))
    assert graph.sequential
    first, second = graph.layers
    assert (first.name, first.item.config) == ("input_layer", {"batch_input_shape": [None, 5]})
    assert second.calls == (Call(TensorRef("input_layer", 0, 0), {}),)


def test_ends_in_dictionaries_keep_their_keys() -> None:
    graph, _ = translated(
        functional(of_input(), dense(), inputs={"given": ["x", 0, 0]}, outputs={"found": ["d", 0, 0]})
    )
    assert (graph.inputs, graph.outputs) == ({"given": TensorRef("x", 0, 0)}, {"found": TensorRef("d", 0, 0)})


def test_ends_count_the_call_with_which_an_inner_model_was_made_and_calls_do_not() -> None:
    inner = {**functional(of_input(), dense(), name="inner"), "inbound_nodes": [node(tensor("x"))] * 2}
    outer = functional(
        of_input(), inner, dense("e", node(tensor("inner", 1))), outputs=[["inner", 1, 0], ["inner", 2, 0]]
    )
    graph, _ = translated(outer)
    assert graph.outputs == [TensorRef("inner", 0, 0), TensorRef("inner", 1, 0)]
    assert graph.layers[2].calls[0].inputs == TensorRef("inner", 1, 0)
    assert isinstance(graph.layers[1].item, Graph)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float32", "float32"),
        ({"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}, "mixed_float16"),
        (None, None),
    ],
)
def test_dtypes(dtype: Any, expected: str | None) -> None:
    assert item(functional(of_input(), dense(dtype=dtype)), "d").dtype == expected


def test_a_quantized_dtype_is_refused_with_what_to_do() -> None:
    policy = {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "float32"}}
    (problem,) = translate(functional(of_input(), dense(dtype=policy))).problems
    assert (problem.layer, problem.key) == ("d", "dtype")
    assert "QuantizedDTypePolicy" in problem.text
    assert problem.unblock


def test_arguments_by_position_get_the_names_of_keras_2() -> None:
    attention = layer("MultiHeadAttention", "a", node(tensor("x"), tensor("y"), training=True), num_heads=2, key_dim=3)
    graph, _ = translated(functional(of_input(), of_input("y"), attention, inputs=[["x", 0, 0], ["y", 0, 0]]))
    assert graph.layers[2].calls == (Call(TensorRef("x", 0, 0), {"value": TensorRef("y", 0, 0)}),)


def test_a_renamed_key_is_renamed_back_and_a_lost_one_gets_its_value() -> None:
    graph, _ = translated(
        functional(
            of_input(),
            layer("LeakyReLU", "l", node(tensor("x")), negative_slope=0.2),
            layer("Embedding", "e", node(tensor("x")), input_dim=3, output_dim=2, quantization_config=None),
        )
    )
    assert graph.layers[1].item.config == {"alpha": 0.2}
    assert graph.layers[2].item.config == {"input_dim": 3, "output_dim": 2, "sparse": False}


def test_variables_get_the_names_of_keras_2() -> None:
    depthwise = layer("DepthwiseConv2D", "c", node(tensor("x")), kernel_size=[3, 3], data_format="channels_last")
    assert item(functional(of_input(), depthwise), "c").variables == {"kernel": "depthwise_kernel"}


def test_an_activation_that_keras_2_lacks_is_written_out_behind_the_layer() -> None:
    graph, changes = translated(functional(of_input(), dense(activation="hard_sigmoid")))
    spec = graph.layers[1].item
    assert spec.config == {"units": 3, "activation": "linear", "written_out": "hard_sigmoid"}
    assert spec.decompositions == ("activation",)
    assert [change.layer for change in changes] == ["d"]


def test_a_wrapper_writes_out_the_activation_of_the_layer_in_it() -> None:
    inner = dense("inner", activation="hard_sigmoid")
    wrapper = layer("TimeDistributed", "t", node(tensor("x")), layer=inner)
    spec = item(functional(of_input(), wrapper), "t")
    assert spec.config["written_out"] == "hard_sigmoid"
    assert spec.config["layer"].config == {"units": 3, "activation": "linear"}
    assert spec.decompositions[0] == "activation"
    assert spec.config["layer"].decompositions == ()


def test_an_activation_within_a_loop_is_refused() -> None:
    recurrent = layer("LSTM", "r", node(tensor("x")), units=2, recurrent_activation="hard_sigmoid")
    assert problems(functional(of_input(), recurrent)) == [("r", "LSTM", "recurrent_activation", "hard_sigmoid")]


def test_nested_objects_become_specs() -> None:
    fans = {"seed": 3, "input_axes": None, "output_axes": None}
    glorot = {"module": "keras.initializers", "class_name": "GlorotUniform", "config": fans, "registered_name": None}
    l2 = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.5}, "registered_name": None}
    spec = item(functional(of_input(), dense(kernel_initializer=glorot, kernel_regularizer=l2)), "d")
    initializer, regularizer = spec.config["kernel_initializer"], spec.config["kernel_regularizer"]
    assert (initializer.kind, initializer.class_name, initializer.config) == (
        "initializers",
        "GlorotUniform",
        {"seed": 3},
    )
    assert (regularizer.kind, regularizer.config) == ("regularizers", {"l2": 0.5})


def test_every_problem_is_found_with_its_layer_key_and_value() -> None:
    found = problems(
        functional(
            of_input(optional=True),
            dense("d", lora_rank=4),
            layer("RMSNormalization", "n", node(tensor("d"))),
            layer("Conv2D", "c", node(tensor("x")), filters=2, groove=7, data_format="channels_last"),
        )
    )
    assert found == [
        ("x", "InputLayer", "optional", True),
        ("d", "Dense", "lora_rank", 4),
        ("n", "RMSNormalization", None, None),
        ("c", "Conv2D", "groove", 7),
    ]


def test_what_is_refused_says_what_to_do() -> None:
    found = translate(functional(of_input(), layer("Own", "o", node(tensor("x"))))).problems
    assert [(problem.layer, problem.class_name) for problem in found] == [("o", "Own")]
    assert all(problem.unblock for problem in found)


def test_a_class_of_the_user_is_refused() -> None:
    own = {**layer("Dense", "o", node(tensor("x"))), "module": "mine", "registered_name": "Mine>Dense"}
    assert problems(functional(of_input(), own)) == [("o", "Dense", None, None)]


def test_a_class_that_the_user_gives_keeps_its_config_but_for_what_it_has_from_keras() -> None:
    inner = {"module": "keras.layers", **dense()}
    settings = {"units": 3, "lora_rank": None, "scale": {"by": [2]}, "inner": inner}
    made = layer(
        "Mine", "o", node(tensor("x")), **settings, dtype={"class_name": "DTypePolicy", "config": {"name": "float32"}}
    )
    own = {**made, "module": "mine", "registered_name": "Own>Mine"}
    graph, _ = translated(functional(of_input(), own), {"Mine": "Dense"})
    item = graph.layers[1].item
    assert isinstance(item, Spec)
    assert (item.own, item.class_name, item.config["dtype"]) == ("class", "Mine", "float32")
    assert (item.config["units"], item.config["scale"]) == (3, {"by": [2]})
    assert "lora_rank" not in item.config
    assert isinstance(item.config["inner"], Spec)


def test_a_model_with_problems_is_a_refusal_that_lists_them() -> None:
    with pytest.raises(Failure) as caught:
        translated(functional(of_input(), dense(lora_rank=4)))
    assert caught.value.code is Exit.REFUSED
    assert [problem.key for problem in caught.value.problems] == ["lora_rank"]


def test_a_subclassed_model_is_refused() -> None:
    assert problems({"class_name": "Own", "config": {}}) == [("", "Own", None, None)]


def test_names_that_are_no_scopes_are_replaced_and_told() -> None:
    graph, changes = translated(
        functional(of_input(), dense("my dense"), dense("my_dense", node(tensor("my dense"))), dense("_d"))
    )
    assert [placed.item.name for placed in graph.layers] == ["x", "my_dense_1", "my_dense", "layer_d"]
    assert [change.layer for change in changes] == ["my dense", "_d"]
    assert graph.layers[2].calls[0].inputs == TensorRef("my dense", 0, 0)


def test_a_frozen_layer_stays_frozen() -> None:
    spec = item(functional(of_input(), dense(trainable=False)), "d")
    assert isinstance(spec, Spec)
    assert not spec.trainable


def operation(class_name: str, name: str, *nodes: Any, **config: Any) -> dict[str, Any]:
    return {**layer(class_name, name, *nodes, **config), "module": "keras.src.ops.numpy"}


def test_an_operation_keeps_its_name_and_all_of_its_arguments() -> None:
    config = functional(of_input(), operation("Add", "add", node(1, tensor("x"))))
    graph, changes = translated(config)
    placed = graph.layers[-1]
    assert placed.item == Spec("operators", "Add", {}, "add", "add")
    assert placed.calls == (Call([1, TensorRef("x", 0, 0)], {}),)
    assert [(change.layer, change.kind) for change in changes] == [("add", "structural")]


def test_an_operation_without_a_counterpart_is_refused_beside_others() -> None:
    found = functional(
        of_input(),
        operation("Mean", "mean", node(tensor("x")), axis=0, speed=2),
        operation("Unique", "unique", node(tensor("mean"))),
    )
    assert problems(found) == [("mean", "Mean", "speed", 2), ("unique", "Unique", None, None)]


def test_operations_are_called_with_their_arguments() -> None:
    add = {
        "module": "keras.src.ops.numpy", "class_name": "Add", "config": {"name": "plus"}, "registered_name": "Add",
        "name": "plus", "inbound_nodes": [node(tensor("x"), 3.0)],
    }  # fmt: skip
    graph, _ = translated(functional(of_input(), add))
    spec = graph.layers[1].item
    assert (spec.kind, spec.class_name, spec.name) == ("operators", "Add", "plus")
    assert graph.layers[1].calls == (Call([TensorRef("x", 0, 0), 3.0], {}),)


def test_an_operation_that_is_not_supported_is_refused() -> None:
    groove = {
        "module": "keras.src.ops.numpy", "class_name": "Groove", "config": {"name": "g"}, "registered_name": "Groove",
        "name": "g", "inbound_nodes": [node(tensor("x"))],
    }  # fmt: skip
    assert problems(functional(of_input(), groove)) == [("g", "Groove", None, None)]


@pytest.mark.parametrize(("sizes", "number"), [(None, None), (3, 3), ([1], 1), ([1, 2, 3], 3)])
def test_all_sizes_of_ngrams_up_to_one_are_that_one_number(sizes: Any, number: int | None) -> None:
    words = layer("TextVectorization", "t", node(tensor("x")), ngrams=sizes, vocabulary=["a"])
    assert item(functional(of_input(), words), "t").config["ngrams"] == number


def test_other_sizes_of_ngrams_are_refused_because_keras_2_does_not_read_them_back() -> None:
    words = layer("TextVectorization", "t", node(tensor("x")), ngrams=[2], vocabulary=["a"])
    (problem,) = translate(functional(of_input(), words)).problems
    assert (problem.layer, problem.key, problem.value) == ("t", "ngrams", "[2]")


def test_a_vocabulary_that_is_not_in_the_config_is_refused() -> None:
    lookup = layer("StringLookup", "l", node(tensor("x")), vocabulary=None, output_mode="int")
    (problem,) = translate(functional(of_input(), lookup)).problems
    assert (problem.layer, problem.key, problem.value) == ("l", "vocabulary", None)
    assert problem.unblock


def test_a_penalty_before_the_activation_is_told() -> None:
    l2 = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.5}, "registered_name": None}
    _, changes = translated(functional(of_input(), dense(activation="hard_sigmoid", activity_regularizer=l2)))
    assert [change.kind for change in changes] == ["structural", "training-only"]


def test_ids_out_of_range_are_told() -> None:
    encoding = layer("CategoryEncoding", "c", node(tensor("x")), num_tokens=4, output_mode="count", sparse=False)
    _, changes = translated(functional(of_input(), encoding))
    assert [(change.layer, change.kind) for change in changes] == [("c", "semantic")]
