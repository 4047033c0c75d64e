"""Raw operators of TF 2.0 to 2.3 as calls of public functions."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from translation import operators
from translation.keras2_to_3 import operator_layers
from translation.keras2_to_3.spec import Call, TensorRef
from translation.operators.raw import RAW

X, Y = TensorRef("x", 0, 0), TensorRef("y", 0, 0)


def read(op: str, inputs: Any, constants: Any = None, **attributes: Any) -> tuple[str, tuple[Call, ...], list[str]]:
    node = {"name": op, "op": op, "input": [], "attr": attributes}
    entry = {"class_name": "TensorFlowOpLayer", "config": {"node_def": node, "constants": constants}}
    return operator_layers.read(entry, [Call(inputs, {})])


def test_inputs_constants_and_attributes_become_arguments_by_name() -> None:
    axis = {"class_name": "__numpy__", "config": {"value": [1], "dtype": "int32"}}
    function, (call,), problems = read("Mean", [X], {"1": axis}, keep_dims={"b": True}, T={"type": "DT_FLOAT"})
    assert (function, problems) == ("math.reduce_mean", [])
    assert call.inputs == X
    assert call.kwargs["keepdims"] is True
    np.testing.assert_array_equal(call.kwargs["axis"], [1])


def test_several_inputs_of_one_argument_are_a_list() -> None:
    function, (call,), problems = read("ConcatV2", [[X], Y], {"2": -1}, N={"i": "2"})
    assert (function, call, problems) == ("concat", Call([X, Y], {"axis": -1}), [])


def test_the_first_argument_of_the_function_stands_apart_wherever_the_operator_has_it() -> None:
    _, (call,), problems = read("Split", X, {"0": 1}, num_split={"i": "3"})
    assert (call, problems) == (Call(X, {"axis": 1, "num_or_size_splits": 3}), [])


def test_a_dtype_has_its_name() -> None:
    _, (call,), _ = read("Cast", X, None, DstT={"type": "DT_HALF"}, SrcT={"type": "DT_FLOAT"}, Truncate={"b": False})
    assert call.kwargs == {"dtype": "float16"}


def test_bytes_of_an_attribute_are_text() -> None:
    _, (call,), _ = read("MirrorPad", X, {"1": [[0, 0], [1, 1]]}, mode={"s": "UkVGTEVDVA=="})
    assert call.kwargs["mode"] == "REFLECT"


@pytest.mark.parametrize(
    ("op", "attributes", "word"),
    [("Lgamma", {}, "Lgamma"), ("Abs", {"speed": {"i": "3"}}, "speed"), ("Mul", {}, "1 inputs")],
)
def test_what_nobody_decided_is_refused_by_name(op: str, attributes: Any, word: str) -> None:
    _, _, problems = read(op, X, None, **attributes)
    assert word in problems[0]


@pytest.mark.parametrize("name", RAW)
def test_an_operator_names_arguments_that_its_function_has(name: str) -> None:
    raw, operator = RAW[name], operators.table().get(RAW[name].function)
    if operator is not None:
        own = inspect.signature(operator.build).parameters
        assert {*(given.lstrip("*") for given in raw.inputs), *raw.attributes.values()} <= own.keys()
