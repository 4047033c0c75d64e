"""TensorFlow functions in an architecture: known ones become operators, anything else is refused by name."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import pytest

from translation import operators
from translation.keras2_to_3.spec import Call, Spec, TensorRef
from translation.keras2_to_3.translate import Translation, translate
from translation.operators.operator import op, renamed


def calling(function: str, node: list[Any]) -> Translation:
    """A model whose input goes through one function; `node` is how Keras 2 writes the call."""
    layers = [
        {"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_input_shape": [None, 4]}},
        {"class_name": "TFOpLambda", "name": "op", "config": {"name": "op", "function": function}},
    ]
    layers[0]["inbound_nodes"], layers[1]["inbound_nodes"] = [], [node]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["op", 0, 0]]}
    return translate({"class_name": "Functional", "config": {"name": "net", "layers": layers, **ends}})


def test_a_function_becomes_an_operator_and_is_told() -> None:
    found = calling("math.multiply", ["_CONSTANT_VALUE", -1, 2.5, {"y": ["x", 0, 0], "name": None}])
    assert found.problems == []
    assert found.graph is not None
    placed = found.graph.layers[1]
    assert placed.item == Spec("operators", "math.multiply", {}, "op", "op")
    assert placed.calls == (Call(2.5, {"y": TensorRef("x", 0, 0), "name": None}),)
    assert [(change.layer, change.kind) for change in found.changes] == [("op", "structural")]


def test_a_list_of_one_tensor_stays_a_list() -> None:
    found = calling("__operators__.add", [["x", 0, 0, {"y": 1}]])
    assert found.graph is not None
    assert found.graph.layers[1].calls == (Call([TensorRef("x", 0, 0)], {"y": 1}),)


def test_a_function_without_a_counterpart_is_refused_by_name() -> None:
    (problem,) = calling("strings.substr", ["x", 0, 0, {"pos": 0, "len": 2}]).problems
    assert (problem.layer, problem.class_name, problem.value) == ("op", "TFOpLambda", "strings.substr")


@pytest.mark.parametrize("function", ["random.gamma", "random.stateless_uniform", "compat.v1.random.poisson"])
def test_a_function_that_draws_is_refused_with_the_reason(function: str) -> None:
    (problem,) = calling(function, ["x", 0, 0, {"mean": 0.0}]).problems
    assert "draws random numbers" in problem.text


def test_a_function_on_text_is_refused_with_the_reason() -> None:
    (problem,) = calling("compat.v1.strings.length", ["x", 0, 0, {}]).problems
    assert "works on text" in problem.text


def test_a_function_that_draws_tells_whose_numbers_they_are() -> None:
    found = calling("nn.dropout", ["x", 0, 0, {"rate": 0.5}])
    assert not found.problems
    assert [change.kind for change in found.changes if "keras.random" in change.text] == ["semantic"]


def test_an_argument_that_nobody_decided_is_refused_by_name() -> None:
    (problem,) = calling("math.multiply", ["x", 0, 0, {"y": 2, "precise": True}]).problems
    assert "precise" in problem.text


def test_an_argument_that_is_missing_is_refused_by_name() -> None:
    (problem,) = calling("math.multiply", ["x", 0, 0, {}]).problems
    assert "'y'" in problem.text


def test_two_operators_of_one_name_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twin = "from translation.operators.operator import named\nOPERATORS = (named('math.multiply', 'x', max),)\n"
    (tmp_path / "twin.py").write_text(twin)
    monkeypatch.setattr(operators, "__path__", [*operators.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match=r"two operators for math\.multiply"):
        operators.table.__wrapped__()
    del sys.modules["translation.operators.twin"]


def weighed(ops: Any, x: Any, weight: float = 2.0, keepdims: bool = False) -> Any:
    return ops, x, weight, keepdims


@pytest.mark.parametrize(
    ("arguments", "args", "options", "expected"),
    [
        ("x weight keepdims", ("t", 3.0), {}, ("t", 3.0, False)),
        ("input=x keepdims", (), {"input": "t", "keepdims": True}, ("t", 2.0, True)),
        ("x -shift weight", ("t", "ignored", 1.0), {}, ("t", 1.0, False)),
        ("x weight:-1 keepdims", ("t",), {}, ("t", -1, False)),
        ("x keepdims keep_dims=keepdims", ("t",), {"keep_dims": True}, ("t", 2.0, True)),
        ("x keepdims keep_dims=keepdims", ("t", True), {"keep_dims": None}, ("t", 2.0, True)),
    ],
    ids=["as it is", "another name", "ignored", "another default", "the second of two names", "the first of two names"],
)
def test_arguments_are_renamed_as_the_record_says(
    arguments: str, args: tuple[Any, ...], options: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert renamed(weighed, arguments)("ops", *args, **options) == ("ops", *expected)


def test_a_renamed_function_has_the_arguments_of_tensorflow_and_no_others() -> None:
    build = renamed(weighed, "input=x -shift keepdims")
    assert list(inspect.signature(build).parameters) == ["ops", "input", "shift", "keepdims"]
    with pytest.raises(TypeError, match="weight"):
        build("ops", "t", weight=1.0)
    with pytest.raises(TypeError, match="input"):
        build("ops")


def test_an_operation_is_given_its_arguments_in_order() -> None:
    class Ops:
        def stack(self, *args: Any) -> Any:
            return args

    build = op("stack", "values -name axis:0")
    assert build(Ops(), values=["a", "b"]) == (["a", "b"], 0)
    assert build(Ops(), ["a"], "ignored", -1) == (["a"], -1)
