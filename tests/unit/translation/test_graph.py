"""Reading the topology: how Keras 2.15 writes calls, in which order they can be made, and what is no graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from translation.keras2_to_3.graph import call_order, check_there, is_model, parse_calls, parse_ends, references
from translation.keras2_to_3.spec import Call, Graph, Placed, Spec, TensorRef


def ref(layer: str, node: int = 0, tensor: int = 0) -> TensorRef:
    return TensorRef(layer, node, tensor)


def calls_of(*inbound_nodes: Any, models: Mapping[str, int] | None = None) -> tuple[Call, ...]:
    entry = {"class_name": "Dense", "inbound_nodes": list(inbound_nodes)}
    return parse_calls(entry, "path/to/dense", lambda name: (models or {}).get(name, 0))


@pytest.mark.parametrize(
    ("node", "call"),
    [
        ([["x", 0, 0, {}]], Call(ref("x"), {})),
        ([["x", 0, 0]], Call(ref("x"), {})),
        (["x", 1, 2, {}], Call(ref("x", 1, 2), {})),
        ([["a", 0, 0, {}], ["b", 2, 1, {}]], Call([ref("a"), ref("b", 2, 1)], {})),
        ([[["a", 0, 0, {}], ["b", 0, 0, {}]]], Call([[ref("a"), ref("b")]], {})),
        ({"u": ["a", 0, 0, {}], "v": ["b", 0, 0, {}]}, Call({"u": ref("a"), "v": ref("b")}, {})),
        ([["x", 0, 0, {"mask": ["m", 0, 0]}]], Call(ref("x"), {"mask": ref("m")})),
        (
            [["x", 0, 0, {"initial_state": [["s", 0, 1], ["s", 0, 2]], "training": False}]],
            Call(ref("x"), {"initial_state": [ref("s", 0, 1), ref("s", 0, 2)], "training": False}),
        ),
        ([["_CONSTANT_VALUE", -1, 2.5, {"y": ["x", 0, 0]}]], Call(2.5, {"y": ref("x")})),
        ([["_CONSTANT_VALUE", -1, [1, 2], {}], ["x", 0, 0, {}]], Call([[1, 2], ref("x")], {})),
    ],
    ids=str,
)
def test_a_call_is_read_as_keras_2_writes_it(node: Any, call: Call) -> None:
    assert calls_of(node) == (call,)


def test_calls_keep_their_order() -> None:
    assert calls_of([["b", 0, 0, {}]], [["a", 0, 0, {}]]) == (Call(ref("b"), {}), Call(ref("a"), {}))


def test_a_nested_model_counts_its_calls_from_one() -> None:
    assert calls_of([["inner", 1, 0, {}]], [["x", 1, 0, {}]], models={"inner": 1}) == (
        Call(ref("inner", 0), {}),
        Call(ref("x", 1), {}),
    )


@pytest.mark.parametrize(
    ("ends", "structure"),
    [
        (["x", 0, 0], ref("x")),
        ([["x", 0, 0]], ref("x")),
        ([["x", 0, 0], ["inner", 2, 1]], [ref("x"), ref("inner", 1, 1)]),
        ({"a": ["x", 0, 0]}, {"a": ref("x")}),
        ([["x", 0, 0], [["y", 0, 0], ["z", 0, 0]]], [ref("x"), [ref("y"), ref("z")]]),
    ],
    ids=str,
)
def test_the_ends_of_a_model_keep_their_structure(ends: Any, structure: Any) -> None:
    assert parse_ends(ends, lambda name: int(name == "inner")) == structure


@pytest.mark.parametrize("tensor", [["inner", 0, 0, {}], ["x", -1, 0, {}], ["x", 0, -1, {}]], ids=str)
def test_an_index_that_cannot_be_is_refused(tensor: list[Any]) -> None:
    with pytest.raises(Failure) as caught:
        calls_of([tensor], models={"inner": 1})
    assert caught.value.code is Exit.REFUSED
    assert caught.value.problems[0].layer == "path/to/dense"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"class_name": "Functional", "config": {"layers": []}}, True),
        ({"class_name": "Sequential", "config": {"layers": []}}, True),
        ({"class_name": "Dense", "config": {"layers": []}}, False),
        ({"class_name": "Model", "config": {}}, False),
        ({"class_name": "Model"}, False),
    ],
    ids=str,
)
def test_what_holds_layers_is_a_model(entry: Mapping[str, Any], expected: bool) -> None:
    assert is_model(entry) is expected


def test_references_come_in_the_order_of_the_leaves() -> None:
    structure = {"b": [ref("x"), 3], "a": {"c": (ref("y"), None, ref("x"))}}
    assert list(references(structure)) == [ref("x"), ref("y"), ref("x")]


def layer(name: str, *inputs: Any, **kwargs: Any) -> Placed:
    """A Dense called on each of `inputs` in turn; an input of the graph where there are none."""
    calls = tuple(Call(structure, kwargs) for structure in inputs)
    class_name = "Dense" if calls else "InputLayer"
    return Placed(name, f"model/{name}", Spec("layers", class_name, {}, f"model/{name}"), calls)


def order_of(*layers: Placed) -> list[tuple[str, int]]:
    return [(placed.name, index) for placed, index in call_order(Graph("model", "model", layers, None, None))]


def test_a_call_follows_those_it_takes_tensors_from() -> None:
    last = layer("last", [ref("first"), ref("x")])
    assert order_of(layer("x"), last, layer("first", ref("x"))) == [("first", 0), ("last", 0)]


def test_a_call_waits_for_tensors_given_by_name() -> None:
    assert order_of(layer("x"), layer("b", ref("x"), state=ref("a")), layer("a", ref("x"))) == [("a", 0), ("b", 0)]


def test_the_calls_of_a_shared_layer_keep_their_numbers() -> None:
    """The second call could be made first, but Keras counts calls in the order in which they are made."""
    shared = layer("shared", ref("late"), ref("x"))
    assert order_of(layer("x"), shared, layer("late", ref("x"))) == [("late", 0), ("shared", 0), ("shared", 1)]


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([layer("a", ref("b")), layer("b", ref("a"))], {"a": "cycle for b[0]", "b": "cycle for a[0]"}),
        ([layer("a", ref("a"))], {"a": "cycle for a[0]"}),
        ([layer("x"), layer("a", ref("a", 1), ref("x"))], {"a": "cycle for"}),
        ([layer("x"), layer("a", [ref("x"), ref("ghost")])], {"a": "not there: ghost[0]"}),
        ([layer("x"), layer("a", ref("x")), layer("b", ref("a", 1))], {"b": "not there: a[1]"}),
        ([layer("x"), layer("a", ref("x", 1))], {"a": "not there: x[1]"}),
        ([layer("x"), layer("a", ref("x"), mask=ref("ghost"))], {"a": "not there: ghost[0]"}),
        ([layer("a", ref("ghost")), layer("b", ref("a"))], {"a": "not there: ghost[0]", "b": "for a[0]"}),
    ],
    ids=["two", "itself", "own-later-call", "no-layer", "no-call", "input-called-once", "by-name", "what-follows"],
)
def test_what_cannot_be_followed_is_refused_by_name(layers: list[Placed], told: Mapping[str, str]) -> None:
    with pytest.raises(Failure) as caught:
        order_of(*layers)
    assert caught.value.code is Exit.REFUSED
    problems = {problem.layer.removeprefix("model/"): problem.text for problem in caught.value.problems}
    assert problems.keys() == {*told}
    assert all(text in problems[name] for name, text in told.items())


@pytest.mark.parametrize(
    "item", [Spec("layers", "Dense", {}, "a"), Graph("a", "a", (), None, None)], ids=["layer", "model"]
)
def test_a_layer_that_is_never_called_is_refused(item: Spec | Graph) -> None:
    with pytest.raises(Failure, match=r"a .* is never called"):
        order_of(layer("x"), Placed("a", "a", item, ()))


def test_a_tensor_that_no_layer_gives_is_refused() -> None:
    there = {ref("x"): object()}
    check_there([ref("x"), 3], there, "model/add", "Add")
    with pytest.raises(Failure) as caught:
        check_there([ref("x"), ref("x", 0, 1)], there, "model/add", "Add")
    assert caught.value.code is Exit.REFUSED
    assert str(caught.value.problems[0]) == "model/add (Add): takes a tensor that is not there: x[0], tensor 1"
