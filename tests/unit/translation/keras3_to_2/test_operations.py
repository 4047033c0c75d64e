"""Operations in a config of Keras 3: what is read from an entry, what is refused, and in which dtype it is computed."""

from __future__ import annotations

from typing import Any

import pytest

from interchange.errors import Problem
from translation.keras2_to_3.spec import Spec
from translation.keras3_to_2 import operations
from translation.keras3_to_2.operations import dtypes
from translation.keras3_to_2.operations.constants import Constant, decoded
from translation.keras3_to_2.operations.families.einsum import contracted
from translation.keras3_to_2.operations.refused import REFUSED


def tensor(*shape: int | None, dtype: str = "float32") -> dict[str, Any]:
    config = {"shape": [None, *shape], "dtype": dtype, "keras_history": ["x", 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def entry(name: str, *args: Any, module: str = "keras.src.ops.numpy", kwargs: Any = None, **config: Any) -> Any:
    node = {"args": list(args), "kwargs": kwargs or {}}
    config = {"name": name.lower(), **config}
    return {"module": module, "class_name": name, "config": config, "name": name.lower(), "inbound_nodes": [node]}


def test_an_entry_becomes_a_spec_with_the_arguments_of_its_config() -> None:
    found = operations.spec_of(entry("Mean", tensor(3), axis=-1, keepdims=False), "encoder/mean")
    assert found == Spec("operators", "Mean", {"axis": -1, "keepdims": False}, "encoder/mean", "mean")


@pytest.mark.parametrize(("module", "answer"), [("keras.src.ops.nn", True), ("keras.layers", False), (None, False)])
def test_an_operation_is_told_from_a_layer_by_its_module(module: str | None, answer: bool) -> None:
    assert operations.is_operation({"module": module, "class_name": "Softmax"}) is answer


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_has_no_counterpart_is_refused_with_what_to_use_instead(name: str) -> None:
    found = operations.spec_of(entry(name, tensor(3)), "here")
    assert isinstance(found, Problem)
    assert (found.layer, found.class_name, found.text) == ("here", name, REFUSED[name].text)
    assert found.unblock == REFUSED[name].instead


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (entry("Unheard", tensor(3)), "no counterpart in TensorFlow functions is known for this operation"),
        (entry("Mean", tensor(3), axis=0, speed=2), "unsupported argument"),
        (entry("Add", tensor(3)), "missing a required argument: 'x2'"),
        (entry("Add", tensor(3, dtype="complex64"), 1), "tensors of dtype complex64 are not supported"),
        (entry("Relu", tensor(3, dtype="float8_e4m3fn")), "tensors of dtype float8_e4m3fn are not supported"),
        (entry("Cast", tensor(3), dtype="float8_e5m2"), "tensors of dtype float8_e5m2 are not supported"),
        (entry("Where", tensor(3, dtype="bool")), "without values to choose from it returns as many places"),
        (entry("Reshape", tensor(3), newshape=[None, -1]), "a size of the new shape is None"),
        (entry("Linspace", tensor(3), 1.0, retstep=True), "a step beside the numbers is not supported"),
        (entry("Linspace", tensor(3), 1.0, dtype="int32"), "its numbers are rounded to int32"),
        (entry("Pad", tensor(3), pad_width=[[0, 0], [1, 1]], mode="edge"), "tf.pad has no mode 'edge'"),
        (entry("Quantile", tensor(3), 0.5, axis=0), "the number of values along the axes is not known"),
        (entry("OneHot", tensor(3, dtype="int32"), num_classes=3, sparse=True), "sparse tensors are not supported"),
        (entry("Softmax", tensor(2, 3), axis=[1, 2]), "Keras 3 computes it along one axis alone"),
        (entry("Norm", tensor(2, 3), ord=5, axis=[1, 2]), "matrices have no norm of order 5"),
        (entry("Split", tensor(4), indices_or_sections=2, axis=0), "the size of the axis to split is not known"),
        (entry("Einsum", tensor(3), subscripts="a,b->ab"), "the equation a,b->ab is of 2 operands, not 1"),
        (entry("ScatterUpdate", tensor(3), [[0]], [[1.0]], reduction="mul"), "no function of TensorFlow 2.15 has"),
    ],
)
def test_arguments_without_a_counterpart_are_refused(found: Any, reason: str) -> None:
    problem = operations.spec_of(found, "here")
    assert isinstance(problem, Problem)
    assert problem.text.startswith(reason)
    assert problem.unblock


def test_the_argument_at_fault_is_named() -> None:
    problem = operations.spec_of(entry("Mean", tensor(3), axis=0, speed=2), "here")
    assert isinstance(problem, Problem)
    assert (problem.key, problem.value) == ("speed", 2)


def test_an_entry_of_an_older_minor_lacks_arguments_that_came_later() -> None:
    found = operations.spec_of(entry("Argmax", tensor(3), axis=-1), "here")
    assert isinstance(found, Spec)


@pytest.mark.parametrize(
    ("given", "together"),
    [
        (("float32", "int32"), "float32"),
        (("float16", "int"), "float16"),
        (("int32", "float"), "float32"),
        (("int32", "int"), "int32"),
        (("uint8", "int8"), "int16"),
        (("float16", "bfloat16"), "float32"),
        (("float16", "int64"), "float16"),
        (("bool", "int"), "int32"),
        (("bool", "bool"), "bool"),
        (("float32", "float64"), "float64"),
        (("int64", "uint32"), "int64"),
        (("int", "float"), "float32"),
    ],
)
def test_values_of_two_dtypes_have_the_one_of_keras_3_together(given: tuple[str, str], together: str) -> None:
    assert dtypes.result_type(*given) == together
    assert dtypes.result_type(*reversed(given)) == together


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int"),
        (1.5, "float"),
        (True, "bool"),
        ([1, 2], "int32"),
        ([1.0], "float32"),
        (Constant([1], "int8"), "int8"),
    ],
)
def test_a_plain_number_has_a_weak_dtype(value: Any, dtype: str) -> None:
    assert dtypes.dtype_of(value) == dtype


def test_constants_are_read_as_the_file_holds_them() -> None:
    array = {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}
    cut = {"class_name": "__slice__", "config": {"start": None, "stop": 3, "step": None}}
    rest = {"class_name": "__ellipsis__", "config": {}}
    assert decoded([array, cut, rest, None, 2]) == [Constant([1.0, 2.0], "float32"), slice(None, 3), ..., None, 2]


class _Steps:
    """Writes down which functions of TensorFlow are called."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def function(x: Any, *_args: Any, **_kwargs: Any) -> Any:
            self.called.append(name)
            return x

        return function


class _Tensor:
    def __init__(self, *shape: int, dtype: str = "float32") -> None:
        self.shape, self.dtype = shape, dtype


@pytest.mark.parametrize(
    ("args", "config", "called"),
    [
        ([_Tensor(2, 3), _Tensor(2, 3)], {}, ["add"]),
        ([_Tensor(2, 3), 1], {}, ["add"]),
        ([_Tensor(2, 3), _Tensor(2, 3, dtype="int32")], {}, ["cast", "add"]),
    ],
)
def test_a_dtype_is_cast_only_where_it_changes(args: list[Any], config: Any, called: list[str]) -> None:
    steps = _Steps()
    operations.call(steps, Spec("operators", "Add", config, "here"), args, {})
    assert steps.called == called


def test_a_product_of_matrices_needs_no_reshaping() -> None:
    steps = _Steps()
    contracted(steps, [_Tensor(2, 3, 4), _Tensor(2, 4, 5)], ["bij", "bjk"], "bik")
    assert steps.called == ["matmul"]
