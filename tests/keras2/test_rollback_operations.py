"""Operations of Keras 3 in graphs that are built in Keras 2.15: values, names, and what a saved model keeps of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.rollback.build import build
from interchange.errors import Exit, Failure
from translation.keras2_to_3.spec import Call, Graph, Placed, Spec, TensorRef

X = TensorRef("x", 0, 0)
VALUES = np.array([[1.0, -2.0, 3.0, -4.0]], "float32")
ARRAY = {"class_name": "__numpy__", "config": {"value": [1.0, 2.0, 3.0, 4.0], "dtype": "float32"}}
REST = {"class_name": "__slice__", "config": {"start": 1, "stop": None, "step": None}}
ALL = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}


def of_operations(*layers: Placed, outputs: Any = None, dtype: str = "float32") -> Any:
    config = {"batch_input_shape": [None, 4]}
    x = Placed("x", "x", Spec("layers", "InputLayer", config, "x", "x", dtype=dtype), ())
    return build(Graph("net", "", (x, *layers), X, outputs or TensorRef(layers[-1].name, 0, 0)))


def operation(name: str, class_name: str, *args: Any, **config: Any) -> Placed:
    return Placed(name, name, Spec("operators", class_name, config, name, name), (Call(list(args), {}),))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (operation("o", "Add", X, 1), VALUES + 1),
        (operation("o", "Subtract", 1, X), 1 - VALUES),
        (operation("o", "Subtract", ARRAY, X), [[0.0, 4.0, 0.0, 8.0]]),
        (operation("o", "Multiply", X, ARRAY), [[1.0, -4.0, 9.0, -16.0]]),
        (operation("o", "Negative", X), -VALUES),
        (operation("o", "Power", X, 2), VALUES**2),
        (operation("o", "FloorDivide", X, 2), VALUES // 2),
        (operation("o", "Absolute", X), abs(VALUES)),
        (operation("o", "Greater", X, 0), VALUES > 0),
        (operation("o", "GetItem", X, [ALL, REST]), VALUES[:, 1:]),
        (operation("o", "GetItem", X, [{"class_name": "__ellipsis__", "config": {}}, None]), VALUES[..., None]),
        (operation("o", "Mean", X, axis=-1, keepdims=True), [[-0.5]]),
        (operation("o", "Softmax", X, axis=-1), np.exp(VALUES) / np.exp(VALUES).sum()),
        (operation("o", "Where", TensorRef("x", 0, 0), X, 0.0), VALUES),
        (operation("o", "Einsum", X, X, subscripts="bi,bi->b"), [30.0]),
        (operation("o", "Einsum", X, subscripts="bi->bi"), VALUES),
    ],
)
def test_it_is_computed_under_its_name_in_a_saved_model(
    keras: Any, layer: Placed, expected: Any, tmp_path: Path
) -> None:
    model = of_operations(layer)
    assert model.output_names == ["o"]
    for suffix in ("h5", "keras"):
        model.save(tmp_path / f"model.{suffix}")
        opened = keras.models.load_model(tmp_path / f"model.{suffix}")
        assert np.allclose(opened(VALUES), expected, atol=1e-6)


def test_operations_follow_each_other_and_a_second_call_has_another_name() -> None:
    twice = Placed("abs", "abs", Spec("operators", "Absolute", {}, "abs", "abs"), (Call([X], {}), Call([X], {})))
    total = operation("sum", "Add", TensorRef("abs", 0, 0), TensorRef("abs", 1, 0))
    model = of_operations(twice, total)
    assert np.allclose(model(VALUES), 2 * abs(VALUES))
    names = [layer.name for layer in model.layers if "abs" in layer.name]
    assert (names[0], names[1][:11]) == ("abs", "tf.math.abs")


def test_every_output_of_an_operation_has_its_place() -> None:
    split = operation("split", "Split", X, indices_or_sections=2, axis=1)
    model = of_operations(split, outputs=[TensorRef("split", 0, 1), TensorRef("split", 0, 0)])
    assert [np.asarray(each).tolist() for each in model(VALUES)] == [[[3.0, -4.0]], [[1.0, -2.0]]]


def test_whole_numbers_are_cast_as_in_keras_3() -> None:
    model = of_operations(operation("o", "Divide", X, 2), dtype="int32")
    assert model.output.dtype.name == "float32"


def test_an_operation_that_tensorflow_cannot_call_is_refused_by_name() -> None:
    with pytest.raises(Failure) as caught:
        of_operations(operation("o", "Reshape", X, newshape=[3, 7]))
    assert caught.value.code == Exit.REFUSED
    assert caught.value.problems[0].layer == "o"
