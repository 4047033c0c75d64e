"""Graphs of specs as Keras 3 models: names, structures and calls as they were, and what cannot be built is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from importer.build.rebuild import rebuild
from interchange.errors import Exit, Failure
from translation.keras2_to_3.spec import Call, Graph, Placed, Spec, TensorRef


def ref(layer: str, node: int = 0, tensor: int = 0) -> TensorRef:
    return TensorRef(layer, node, tensor)


def placed(class_name: str, name: str, *inputs: Any, kwargs: Any = None, **config: Any) -> Placed:
    spec = Spec("layers", class_name, config, f"net/{name}", name)
    return Placed(name, spec.path, spec, tuple(Call(structure, kwargs or {}) for structure in inputs))


X = placed("InputLayer", "x", batch_shape=[None, 5, 3])


def graph(*layers: Placed, inputs: Any = None, outputs: Any = None) -> Graph:
    last = layers[-1].name
    return Graph("net", "net", (X, *layers), ref("x") if inputs is None else inputs, outputs or ref(last))


def refusal(of: Graph) -> Failure:
    with pytest.raises(Failure) as caught:
        rebuild(of)
    assert caught.value.code is Exit.REFUSED
    return caught.value


def test_layers_and_model_keep_their_names() -> None:
    model = rebuild(graph(placed("Dense", "top", ref("x"), units=2))).model
    assert (model.name, [layer.name for layer in model.layers]) == ("net", ["x", "top"])


def test_a_shared_layer_is_made_once_and_called_in_order() -> None:
    dense = placed("Dense", "shared", ref("x"), ref("shared"), units=3)
    model = rebuild(graph(dense, placed("Add", "add", [ref("shared", 0), ref("shared", 1)]))).model
    assert [layer.name for layer in model.layers] == ["x", "shared", "add"]
    assert len(model.get_layer("shared")._inbound_nodes) == 2


@pytest.mark.parametrize(
    "outputs",
    [[ref("b"), ref("a")], {"u": ref("a"), "v": ref("b")}, [ref("a"), [ref("b"), ref("x")]]],
    ids=["list", "dict", "nested"],
)
def test_outputs_keep_their_structure(outputs: Any) -> None:
    import keras

    layers = (placed("Dense", "a", ref("x"), units=2), placed("Dense", "b", ref("x"), units=4))
    model = rebuild(graph(*layers, outputs=outputs)).model
    sizes = {"a": 2, "b": 4, "x": 3}
    found = keras.tree.map_structure(lambda tensor: tensor.shape[-1], model._outputs_struct)
    assert found == keras.tree.map_structure(lambda end: sizes[end.layer], outputs)


def test_operations_are_named_alike_in_every_run_and_unlike_layers() -> None:
    import keras

    ids = placed("InputLayer", "x", batch_shape=[None, 5])
    embedded = [
        placed("Embedding", name, ref("x"), input_dim=9, output_dim=3, mask_zero=True)
        for name in ("copy", "logicaland")
    ]
    spec = Spec("layers", "Multiply", {}, "net/notequal", "notequal", call_decomposition="merge_masks")
    merged = Placed("notequal", spec.path, spec, (Call([ref("copy"), ref("logicaland")], {}),))
    of = Graph("net", "net", (ids, *embedded, merged), ref("x"), ref("notequal"))
    names = []
    for _ in range(2):
        model = rebuild(of).model
        names.append([operation.name for operation in model.operations])
        keras.ops.copy(keras.Input((2, 2)))
    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0])
    assert {"x", "copy", "logicaland", "notequal", "copy_1", "logicaland_1"} <= {*names[0]}


def test_a_frozen_layer_stays_frozen() -> None:
    spec = Spec("layers", "Dense", {"units": 2}, "net/d", "d", trainable=False)
    model = rebuild(graph(Placed("d", "net/d", spec, (Call(ref("x"), {}),)))).model
    assert [variable.trainable for variable in model.variables] == [False, False]


@pytest.mark.parametrize("dtype", ["mixed_float16", "float64"])
def test_a_layer_keeps_its_dtype(dtype: str) -> None:
    spec = Spec("layers", "Dense", {"units": 2}, "net/d", "d", dtype=dtype)
    model = rebuild(graph(Placed("d", "net/d", spec, (Call(ref("x"), {}),)))).model
    assert model.get_layer("d").dtype_policy.name == dtype


def test_a_sequential_model_is_one_again() -> None:
    import keras

    layers = (X, placed("Dense", "a", ref("x"), units=2))
    model = rebuild(Graph("net", "net", layers, ref("x"), ref("a"), sequential=True)).model
    assert isinstance(model, keras.Sequential)
    assert model.output_shape == (None, 5, 2)


BROKEN = {
    "tensor beyond the outputs": (graph(placed("Dense", "d", ref("x", 0, 1), units=2)), "net/d", "x[0], tensor 1"),
    "tensor beyond, by name": (
        graph(placed("LSTM", "l", ref("x"), units=2, kwargs={"initial_state": [ref("x", 0, 3)]})),
        "net/l",
        "x[0], tensor 3",
    ),
    "output that is not there": (
        graph(placed("Dense", "d", ref("x"), units=2), outputs=[ref("ghost")]),
        "net",
        "ghost[0], tensor 0",
    ),
    "input that is not there": (
        graph(placed("Dense", "d", ref("x"), units=2), inputs=[ref("x"), ref("y")]),
        "net",
        "y[0], tensor 0",
    ),
    "layer that is never called": (
        graph(placed("Dense", "d", units=2), placed("Flatten", "f", ref("x"))),
        "net/d",
        "never called",
    ),
    "layer before the one it needs": (
        graph(placed("Dense", "d", ref("f"), units=2), placed("Flatten", "f", ref("d"))),
        "net/d",
        "cycle",
    ),
    "config that is not accepted": (graph(placed("Dense", "d", ref("x"), units=-1)), "net/d", "units"),
    "argument that is not known": (graph(placed("Dense", "d", ref("x"), units=2, flavour=1)), "net/d", "flavour"),
    "call that is not accepted": (graph(placed("Conv3D", "c", ref("x"), filters=2, kernel_size=2)), "net/c", "ndim"),
    "argument of a call that is not known": (
        graph(placed("Dense", "d", ref("x"), units=2, kwargs={"flavour": 1})),
        "net/d",
        "flavour",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_built_is_refused_by_name(name: str) -> None:
    of, path, text = BROKEN[name]
    problem = refusal(of).problems[0]
    assert problem.layer == path
    assert text in problem.text


def test_a_misfit_within_a_nested_model_is_named_by_its_whole_path() -> None:
    inner = Graph("inner", "net/inner", (X, placed("Dense", "d", ref("x", 0, 1), units=2)), ref("x"), ref("d"))
    outer = graph(Placed("inner", "net/inner", inner, (Call(ref("x"), {}),)))
    assert refusal(outer).problems[0].layer == "net/d"


def test_what_is_composed_for_its_input_must_know_it() -> None:
    spec = Spec("layers", "LocallyConnected1D", {}, "net/local", "local", composed="locally_connected")
    layers = (Placed("local", "net/local", spec, (Call(None, {}),)),)
    problem = refusal(Graph("net", "net", layers, None, ref("local"), sequential=True)).problems[0]
    assert (problem.layer, problem.class_name) == ("net/local", "LocallyConnected1D")
    assert "known shape" in problem.text


def test_a_model_is_saved_from_behind_what_works_on_text(old: Any, arrive: Any, tmp_path: Path) -> None:
    text = old.Input((), dtype="string")
    numbers = tf.strings.to_number(text)
    model = old.Model(text, old.layers.Dense(2)(tf.reshape(numbers, (-1, 1))))
    name = model.layers[1].name
    with pytest.raises(Failure) as caught:
        arrive(model)
    (problem,) = caught.value.problems
    way = f"keras.Model(model.get_layer({name!r}).output, model.outputs)"
    assert way in str(problem.unblock)
    behind = eval(way, {"keras": old, "model": model})
    shutil.rmtree(tmp_path / "bundle")
    np.testing.assert_allclose(arrive(behind).model(np.array([1.5, -2])), model(np.array(["1.5", "-2"])), rtol=1e-6)
