"""Graphs of Keras 3 models are built in Keras 2.15, with their names and their weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exporter.rollback.build import build
from exporter.rollback.weights import assign
from interchange.errors import Exit, Failure
from translation.keras2_to_3.spec import Call, Graph, Placed, Spec, TensorRef
from translation.keras3_to_2.operations.entries import WAY_OUT

X = TensorRef("x", 0, 0)


def spec(class_name: str, name: str, *calls: str, **config: Any) -> Spec:
    return Spec("layers", class_name, config, name, name, decompositions=calls)


def of_input(shape: tuple[Any, ...] = (None, 4), name: str = "x", dtype: str = "float32") -> Placed:
    config = {"batch_input_shape": list(shape)}
    return Placed(name, name, Spec("layers", "InputLayer", config, name, name, dtype=dtype), ())


def placed(item: Any, *inputs: Any, **kwargs: Any) -> Placed:
    return Placed(item.name, item.path, item, tuple(Call(each, kwargs) for each in inputs))


def graph(*layers: Placed, outputs: Any = None, inputs: Any = X, sequential: bool = False) -> Graph:
    last = outputs or TensorRef(layers[-1].name, 0, 0)
    return Graph("net", "", layers, inputs, last, sequential=sequential)


def rows(values: dict[tuple[tuple[str, ...], str], Any]) -> Any:
    return [({"layer": list(path), "variable": name}, np.asarray(value)) for (path, name), value in values.items()]


def dense(name: str = "d", *calls: str, **config: Any) -> Spec:
    return spec("Dense", name, *calls, **{"units": 1, **config})


def test_a_sequential_stays_one(keras: Any) -> None:
    model = build(graph(of_input(), placed(dense(), X), sequential=True))
    assert type(model) is keras.Sequential
    assert (model.name, [layer.name for layer in model.layers], model.input_shape) == ("net", ["d"], (None, 4))


def test_a_functional_model_keeps_names_and_the_structure_of_its_ends() -> None:
    model = build(graph(of_input(), placed(dense(), X), inputs={"x": X}, outputs={"y": TensorRef("d", 0, 0)}))
    assert (model.input_names, model.output_names) == (["x"], ["d"])
    assert set(model({"x": np.ones((2, 4))})) == {"y"}


def test_what_is_written_out_behind_a_layer_is_in_a_model_of_its_name() -> None:
    model = build(
        graph(of_input(), placed(dense("d", "activation", activation="linear", written_out="hard_sigmoid"), X))
    )
    assign(model, graph(of_input(), placed(dense("d", "activation"), X)), rows({
        (("d",), "kernel"): np.full((4, 1), 0.25, "float32"), (("d",), "bias"): np.zeros(1, "float32"),
    }))  # fmt: skip
    assert model.output_names == ["d"]
    x = np.asarray([[-9.0] * 4, [1.5] * 4, [9.0] * 4], "float32")
    np.testing.assert_allclose(model(x), [[0.0], [0.75], [1.0]], rtol=1e-6)


def test_a_layer_that_is_called_twice_has_one_set_of_weights() -> None:
    item = dense("d", units=4)
    model = build(graph(of_input(), placed(item, X, TensorRef("d", 0, 0)), outputs=TensorRef("d", 1, 0)))
    assert len(model.weights) == 2


def test_an_inner_model_is_frozen_with_its_own_flag() -> None:
    inner = Graph("inner", "inner", (of_input(), placed(dense(), X)), X, TensorRef("d", 0, 0), trainable=False)
    model = build(graph(of_input(), Placed("inner", "inner", inner, (Call(X, {}),))))
    assert [layer.trainable for layer in model.layers] == [True, False]
    assert model.trainable_weights == []


def test_a_layer_that_keras_2_does_not_accept_is_named() -> None:
    with pytest.raises(Failure) as caught:
        build(graph(of_input(), placed(dense("d", units=-1), X)))
    assert caught.value.code is Exit.REFUSED
    assert [(problem.layer, problem.class_name) for problem in caught.value.problems] == [("d", "Dense")]
    assert caught.value.problems[0].unblock == caught.value.hint == WAY_OUT


def test_a_call_that_keras_2_does_not_accept_is_named() -> None:
    with pytest.raises(Failure) as caught:
        build(graph(of_input(), placed(spec("Conv2D", "c", filters=2, kernel_size=2), X)))
    assert [(problem.layer, problem.class_name) for problem in caught.value.problems] == [("c", "Conv2D")]
    assert caught.value.problems[0].unblock == caught.value.hint == WAY_OUT


def model_and_graph() -> tuple[Any, Graph]:
    made = graph(of_input(), placed(dense(), X))
    return build(made), made


KERNEL, BIAS = (("d",), "kernel"), (("d",), "bias")


def test_states_of_random_generators_are_left_out() -> None:
    state = (("dropout", "seed_generator"), "seed_generator_state")
    values = {KERNEL: np.ones((4, 1)), BIAS: np.ones(1), state: np.zeros(2, "uint32")}
    model, made = model_and_graph()
    assert {(key.path, key.name) for key in assign(model, made, rows(values))} == {KERNEL, BIAS}
    assert float(model(np.ones((1, 4)))) == 5.0


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({KERNEL: np.ones((4, 1))}, "d/bias"),
        ({KERNEL: np.ones((3, 1)), BIAS: np.ones(1)}, "(3, 1)"),
        ({KERNEL: np.ones((4, 1)), BIAS: np.ones(1), (("d",), "gamma"): np.ones(1)}, "d/gamma"),
    ],
)
def test_a_weight_that_does_not_fit_is_named(values: Any, text: str) -> None:
    model, made = model_and_graph()
    with pytest.raises(Failure) as caught:
        assign(model, made, rows(values))
    assert caught.value.code is Exit.WEIGHTS
    assert text in caught.value.message


def test_variables_are_found_by_their_names_in_keras_3() -> None:
    item = Spec("layers", "DepthwiseConv2D", {"kernel_size": 2}, "c", "c", variables={"kernel": "depthwise_kernel"})
    made = graph(of_input((None, 4, 4, 1)), placed(item, X))
    model = build(made)
    assign(model, made, rows({(("c",), "kernel"): np.ones((2, 2, 1, 1)), (("c",), "bias"): np.zeros(1)}))
    assert float(np.max(model(np.ones((1, 4, 4, 1))))) == 4.0


def test_halves_of_a_bidirectional_are_found_by_attributes() -> None:
    inner = spec("SimpleRNN", "r", units=1, use_bias=False)
    made = graph(of_input((None, 3, 1)), placed(spec("Bidirectional", "b", "recurrent", layer=inner), X))
    model = build(made)
    values = {
        (("b", half, "cell"), name): np.full((1, 1), value)
        for half, value in (("forward_layer", 0.5), ("backward_layer", 0.0))
        for name in ("kernel", "recurrent_kernel")
    }
    assign(model, made, rows(values))
    forward, backward = np.asarray(model(np.ones((1, 3, 1))))[0]
    assert forward > 0.5
    assert backward == 0.0


def test_an_output_is_called_after_the_operation_that_gives_it() -> None:
    plus = Placed("plus", "plus", Spec("operators", "Add", {}, "plus", "plus"), (Call([X, 3.0], {}),))
    model = build(graph(of_input(), plus, outputs={"sum": TensorRef("plus", 0, 0)}))
    assert model.output_names == ["plus"]
    np.testing.assert_array_equal(model(np.ones((1, 4)))["sum"], np.full((1, 4), 4.0))


def test_channels_first_are_moved_around_a_layer() -> None:
    item = spec("MaxPooling2D", "p", "channels_first", pool_size=2, data_format="channels_last")
    model = build(graph(of_input((None, 1, 4, 6)), placed(item, X)))
    x = np.arange(24, dtype="float32").reshape(1, 1, 4, 6)
    assert np.asarray(model(x)).tolist() == [[[[7.0, 9.0, 11.0], [19.0, 21.0, 23.0]]]]
    assert model.output_names == ["p"]


def test_integers_are_rounded_where_an_image_is_resized() -> None:
    item = Spec("layers", "Resizing", {"height": 1, "width": 1}, "r", "r", decompositions=("image_dtype",))
    model = build(graph(of_input((None, 1, 2, 1), dtype="uint8"), placed(item, X)))
    given = model(np.asarray([[[[3], [4]]], [[[4], [5]]]], "uint8"))
    assert given.dtype == "uint8"
    assert np.asarray(given).ravel().tolist() == [4, 4]  # 3.5 and 4.5, to the even one


def test_short_vectors_are_divided_by_their_norm() -> None:
    item = spec("UnitNormalization", "u", "unit_normalization", axis=-1)
    model = build(graph(of_input((None, 2)), placed(item, X)))
    np.testing.assert_allclose(model(np.asarray([[3e-8, 4e-8]], "float32")), [[0.6, 0.8]], rtol=1e-5)
