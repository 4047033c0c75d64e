"""Keras 1, by rules alone: how a file is told to be one, what becomes of every layer, and how its weights lay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from exporter.restore.keras1 import count, outermost
from interchange.errors import Exit, Failure
from keras2to3.scanner.allowlist import names
from translation.keras1_to_2.architecture import as_keras_2
from translation.keras1_to_2.classes import ALONE, MARKS, MERGES, RULES, WITHOUT
from translation.keras1_to_2.file_facts import Facts, facts_of, is_keras_1
from translation.keras1_to_2.keys import KERNELS
from translation.keras1_to_2.theano import output_padding, pads_alike, pools_alike
from translation.keras1_to_2.weight_arrays import LAYOUTS, kernel_axes

DENSE = {"output_dim": 3, "init": "glorot_uniform", "activation": "relu", "bias": True, "input_dim": None}
CONVOLUTION = {
    "nb_filter": 4, "nb_row": 3, "nb_col": 2, "init": "glorot_uniform", "activation": "linear", "border_mode": "valid",
    "subsample": [2, 1], "dim_ordering": "th", "bias": True,
}  # fmt: skip


def layer(class_name: str, config: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": class_name.lower(), **config, **more}}


def sequential(*layers: Mapping[str, Any]) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": list(layers)}


def spelled(*layers: Mapping[str, Any], facts: Facts | None = None) -> list[Mapping[str, Any]]:
    made = as_keras_2(sequential(*layers), facts or Facts(), lambda _: None)
    return list(made["config"]["layers"])


def problem_of(*layers: Mapping[str, Any], facts: Facts | None = None) -> Any:
    with pytest.raises(Failure) as caught:
        spelled(*layers, facts=facts)
    assert caught.value.code is Exit.REFUSED
    (problem,) = caught.value.problems
    return problem


def test_what_both_spell_alike_is_left_alone() -> None:
    new = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer("Dense", {"units": 3})]}}
    assert not is_keras_1(new)
    assert as_keras_2(new, Facts(), pytest.fail) is new


@pytest.mark.parametrize("old", [layer("Dense", DENSE), layer("Highway", {}), layer("Dropout", {"p": 0.5})])
def test_a_file_is_told_by_its_spelling(old: Mapping[str, Any]) -> None:
    assert is_keras_1(sequential(layer("Flatten", {}), old))


@pytest.mark.parametrize("name", ["Highway", "Graph", "MaxoutDense"])
def test_a_class_of_the_users_is_called_as_one_of_keras_1(name: str) -> None:
    assert is_keras_1(sequential(layer(name, {})))
    assert not is_keras_1(sequential(layer("Dense", {"units": 3}), layer(name, {"units": 3})))


def test_an_initialiser_that_is_lost_is_not_needed_where_there_are_weights() -> None:
    told: list[Any] = []
    architecture = sequential(layer("Dense", {**DENSE, "init": "<lambda>"}))
    made = as_keras_2(architecture, Facts(shapes={"dense": [(4, 3), (3,)]}), told.append)
    assert "kernel_initializer" not in made["config"]["layers"][0]["config"]
    assert "init='<lambda>' is a function that is not in the file" in told[0].text
    assert problem_of(layer("Dense", {**DENSE, "init": "<lambda>"})).key == "init"


def test_a_dense_layer() -> None:
    regularizer = {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.5}
    (made,) = spelled(layer("Dense", DENSE, W_regularizer=regularizer, W_constraint={"name": "MaxNorm", "m": 2}))
    assert made["config"] == {
        "name": "dense",
        "units": 3,
        "kernel_initializer": "glorot_uniform",
        "activation": "relu",
        "use_bias": True,
        "kernel_regularizer": {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.5}},
        "kernel_constraint": {"class_name": "MaxNorm", "config": {"max_value": 2}},
    }


def test_a_convolution() -> None:
    (made,) = spelled(layer("Convolution2D", CONVOLUTION))
    assert made["class_name"] == "Conv2D"
    assert made["config"] == {
        "name": "convolution2d",
        "filters": 4,
        "kernel_size": [3, 2],
        "kernel_initializer": "glorot_uniform",
        "activation": "linear",
        "padding": "valid",
        "strides": [2, 1],
        "data_format": "channels_first",
        "use_bias": True,
    }


def test_every_layer_is_told() -> None:
    told: list[Any] = []
    wrapped = layer("TimeDistributed", {"layer": layer("Dense", DENSE)})
    as_keras_2(sequential(wrapped, layer("Dropout", {"p": 0.5})), Facts(), told.append)
    assert [(row.layer, row.rule) for row in told] == [
        ("timedistributed.layer", "Dense"),
        ("timedistributed", "TimeDistributed"),
        ("dropout", "Dropout"),
    ]


@pytest.mark.parametrize(
    ("old", "key"),
    [
        (layer("Dense", DENSE, other=1), "other"),
        (layer("Dense", DENSE, init="mine"), "init"),
        (layer("Dense", DENSE, W_regularizer={"name": "EigenvalueRegularizer", "k": 1}), "W_regularizer"),
        (layer("BatchNormalization", {"mode": 2, "axis": -1}), "mode"),
        (layer("ZeroPadding2D", {"padding": [1, 1], "trainable": True}), "dim_ordering"),
        (layer("Highway", {"init": "one", "bias": True}), "input_dim"),
        (layer("Merge", {"mode": "cos", "mode_type": "raw"}), "mode"),
        (layer("Merge", {"mode": "f", "mode_type": "function"}), "mode"),
    ],
)
def test_what_cannot_be_said_is_refused_by_its_key(old: Mapping[str, Any], key: str) -> None:
    problem = problem_of(layer("Dense", DENSE, name="first"), old)
    assert (problem.layer, problem.class_name, problem.key) == (old["config"]["name"], old["class_name"], key)


@pytest.mark.parametrize("name", WITHOUT)
def test_a_layer_without_a_rule_is_refused_by_its_name(name: str) -> None:
    problem = problem_of(layer("Dense", DENSE), layer(name, {}))
    assert (problem.class_name, problem.text) == (name, WITHOUT[name])


def test_the_axes_that_keras_1_left_out_are_those_of_the_other_layers() -> None:
    padding, convolution = layer("ZeroPadding2D", {"padding": [1, 2, 3, 4]}), layer("Convolution2D", CONVOLUTION)
    made, _ = spelled(padding, convolution, facts=facts_of(sequential(padding, convolution), None))
    assert made["config"]["data_format"] == "channels_first"
    assert made["config"]["padding"] == [[1, 2], [3, 4]]


def test_who_trained_a_model_is_told_by_names_and_attributes() -> None:
    model = sequential(layer("Convolution2D", CONVOLUTION))
    assert facts_of(model, [("c", "c_W:0", (4, 1, 3, 2))]).backend == "tensorflow"
    assert facts_of(model, [("c", "c_W", (4, 1, 3, 2))]).backend == "theano"
    assert facts_of(model, [("c", "c_W", (4, 1, 3, 2))], "tensorflow").backend == "tensorflow"
    nameless = facts_of(model, [("c", "param_0", (4, 1, 3, 2))])
    assert nameless.backend is None
    assert "Theano" in problem_of(layer("Convolution2D", CONVOLUTION), facts=nameless).text


def test_deviations_of_the_first_versions_are_not_taken_for_variances() -> None:
    old, stored = layer("BatchNormalization", {"mode": 0, "axis": -1}), {"batchnormalization": [(2,)] * 4}
    for version in (None, "1.0.5", "0.3.2"):
        assert "deviations" in problem_of(old, facts=Facts(shapes=stored, version=version)).text
    for facts in (Facts(shapes=stored, version="1.0.6"), Facts(shapes=stored, version="1.2.2"), Facts()):
        assert spelled(old, facts=facts)
    assert spelled(layer("BatchNormalization", {"mode": 0, "gamma_regularizer": None}), facts=Facts(shapes=stored))


def test_a_sequential_that_begins_by_merging_becomes_a_graph_with_shared_layers_once() -> None:
    shared = layer("Dense", DENSE, name="shared", batch_input_shape=[None, 2])
    left, right = sequential(shared, layer("Dropout", {"p": 0.1}, name="left")), sequential(shared)
    merge = layer("Merge", {"mode": "concat", "mode_type": "raw", "concat_axis": 1, "layers": [left, right]})
    model = sequential(merge, layer("Dense", DENSE, name="top"))
    config = as_keras_2(model, Facts(), lambda _: None)["config"]
    calls = {entry["name"]: entry["inbound_nodes"] for entry in config["layers"]}
    start = ["shared_input", 0, 0, {}]
    assert calls["shared"] == [[start], [start]]
    assert calls["merge"] == [[["left", 0, 0, {}], ["shared", 1, 0, {}]]]
    assert config["output_layers"] == [["top", 0, 0]]
    assert [entry["config"]["name"] for entry in outermost(model)] == ["shared", "left", "merge", "top"]


def test_an_outermost_merge_forgets_the_masks_of_what_it_merges() -> None:
    embedding = {"input_dim": 9, "output_dim": 4, "init": "uniform", "mask_zero": True, "batch_input_shape": [None, 5]}
    left, right = (sequential(layer("Embedding", embedding, name=name)) for name in ("left", "right"))
    merge = layer("Merge", {"mode": "sum", "mode_type": "raw", "layers": [left, right]})
    config = as_keras_2(sequential(merge), Facts(), lambda _: None)["config"]
    sources = [row[0] for row in config["layers"][-1]["inbound_nodes"][0]]
    assert sources == ["sequential_0_unmasked", "sequential_1_unmasked"]


def test_gates_are_joined_in_the_order_of_keras_2() -> None:
    gates = {"i": 1, "c": 2, "f": 3, "o": 4}
    arrays = [np.full(shape, value) for value in gates.values() for shape in ((2, 1), (1, 1), (1,))]
    kernel, recurrent, bias = LAYOUTS["lstm"].becomes(arrays, {}, False)[""]
    assert kernel.tolist() == [[1, 3, 2, 4]] * 2
    assert recurrent.tolist() == [[1, 3, 2, 4]]
    assert bias.tolist() == [1, 3, 2, 4]
    assert LAYOUTS["lstm"].becomes(arrays[:3], {"consume_less": "gpu"}, False)[""] == arrays[:3]


@pytest.mark.parametrize("ordering", ["th", "tf"])
def test_theano_turns_kernels(ordering: str) -> None:
    new = np.arange(3 * 2 * 5 * 4).reshape(3, 2, 5, 4)
    old = new.transpose(3, 2, 0, 1) if ordering == "th" else new
    config = {**CONVOLUTION, "dim_ordering": ordering}
    assert (LAYOUTS["kernel"].becomes([old], config, False)[""][0] == new).all()
    assert (LAYOUTS["kernel"].becomes([old], config, True)[""][0] == new[::-1, ::-1]).all()


def test_a_kernel_of_keras_1_0_is_told_from_one_of_1_2() -> None:
    new = np.arange(3 * 2 * 4).reshape(3, 2, 4)
    config = {"filter_length": 3, "nb_filter": 4}
    for old in (new[:, None], new.transpose(2, 1, 0)[..., None]):
        assert (LAYOUTS["line"].becomes([old], config, False)[""][0] == new).all()


def test_a_transposed_kernel_has_filters_before_channels() -> None:
    assert kernel_axes(2, "tf", transposed=True) == (0, 1, 3, 2)
    assert kernel_axes(2, "th", transposed=True) == (2, 3, 0, 1)


def test_theano_pads_elsewhere() -> None:
    assert pads_alike({"kernel_size": [3, 5], "strides": [1, 1]})
    assert not pads_alike({"kernel_size": [2, 3]})
    assert not pads_alike({"kernel_size": [3], "strides": 2})
    assert pools_alike({"pool_size": [3, 1], "strides": [1, 2]})
    assert not pools_alike({"pool_size": [2, 2], "strides": None})
    made, *_ = spelled(layer("Convolution2D", CONVOLUTION, border_mode="same"), facts=Facts("theano"))
    zeros, convolution = made["config"]["layers"]
    assert zeros["config"]["padding"] == [[1, 1], [1, 0]]
    assert convolution["config"]["padding"] == "valid"


def test_the_size_of_a_transposed_convolution() -> None:
    config = {**CONVOLUTION, "nb_row": 3, "nb_col": 3, "subsample": [2, 2], "output_shape": [None, 3, 20, 19]}
    assert output_padding(config, theano=False) == [1, 0]
    with pytest.raises(ValueError, match="open"):
        output_padding({**config, "output_shape": [None, 3, None, 19]}, theano=False)


def test_weights_are_counted_as_keras_1_stores_them() -> None:
    lstm = {"output_dim": 2, "consume_less": "cpu"}
    frozen = layer("Dense", DENSE, trainable=False)
    assert count(layer("Bidirectional", {"layer": layer("LSTM", lstm)})) == (24, 0)
    inner = sequential(layer("Dense", DENSE, name="a"), layer("BatchNormalization", {"mode": 0}), frozen)
    assert count(layer("TimeDistributed", {"layer": inner})) == (4, 4)


def test_every_rule_is_whole() -> None:
    joined = {name for names in KERNELS for name in names}
    for name, rule in RULES.items():
        for key in rule.keys.split():
            left = {"nb_feature", "shared_axes", "transform_bias"} | joined
            assert rule.verb(key) or key in left, f"{name}: {key}"
        assert rule.weights is None or rule.weights in LAYOUTS
    assert not MARKS & {"name", "units", "trainable"}


def test_the_look_knows_the_layers_that_keras_1_alone_has() -> None:
    assert names.KERAS_1 == ALONE
    assert RULES.keys() | {"Merge"} | WITHOUT.keys() <= names.CLASSES | {"Lambda"}
    assert set(MERGES.values()) <= names.LAYERS
