"""The picture that a config gives, whichever Keras wrote it and however little of it can be read."""

from __future__ import annotations

from typing import Any

import pytest

from interchange.messages.changes import Change
from interchange.messages.details import MOST_NODES, Edge
from translation.pictures import Known, numbers_by_layer, picture, rules_by_layer, shape_text


def layer(name: str, class_name: str = "Dense", inbound: Any = (), **config: Any) -> dict[str, Any]:
    return {
        "class_name": class_name, "name": name, "config": {"name": name, **config}, "inbound_nodes": list(inbound),
    }  # fmt: skip


def model(*layers: Any, class_name: str = "Functional") -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": "m", "layers": list(layers)}}


NESTED = {**model(layer("b"), layer("c", inbound=[[["b", 0, 0, {}]]])), "name": "in", "inbound_nodes": [[["a", 0, 0]]]}


def test_layers_of_nested_models_have_the_path_of_their_model() -> None:
    found = picture(model(layer("a", "InputLayer", batch_input_shape=[None, 3]), NESTED))
    assert found is not None
    assert [(node.path, node.shape) for node in found.nodes] == [
        ("a", "(None, 3)"), ("in", ""), ("in/b", ""), ("in/c", ""),
    ]  # fmt: skip
    assert found.edges == (Edge("a", "in"), Edge("in/b", "in/c"))


def test_layers_of_a_sequential_follow_each_other() -> None:
    rows = [{"class_name": "My>Dense", "config": {"name": name}} for name in "abc"]
    found = picture(model(*rows, class_name="Sequential"))
    assert found is not None
    assert found.edges == (Edge("a", "b"), Edge("b", "c"))
    assert found.nodes[0].class_name == "Dense"
    old = picture({"class_name": "Sequential", "config": rows})  # as Keras 1 wrote it
    assert old is not None
    assert old == found


def test_tensors_in_arguments_and_of_keras_3_are_connections() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None], "keras_history": ["b", 0, 0]}}
    rows = [layer("a"), layer("b"), layer("c", inbound=[[["a", 0, 0, {"mask": ["b", 0, 0]}]]])]
    third = layer("d", inbound=[{"args": [tensor], "kwargs": {}}])
    found = picture(model(*rows, third))
    assert found is not None
    assert found.edges == (Edge("a", "c"), Edge("b", "c"), Edge("b", "d"))


@pytest.mark.parametrize(
    "config",
    [None, [], "x", {}, {"config": 1}, {"config": {"layers": 1}}, model(1, "a", None), model(*[layer("a")] * 5_001)],
    ids=["none", "list", "text", "empty", "number", "no list", "no layers", "too many"],
)
def test_what_cannot_be_drawn_is_not(config: Any) -> None:
    assert picture(config) is None


def test_a_picture_has_room_for_many_layers_and_none_that_is_named_is_missing() -> None:
    found = picture(model(*(layer(f"l{number}", inbound=[[["gone", 0, 0]]]) for number in range(MOST_NODES))))
    assert found is not None
    assert (len(found.nodes), found.edges) == (MOST_NODES, ())


def test_names_are_shown_as_they_are_printed() -> None:
    found = picture(model(layer("a\nb"), layer("c", inbound=[[["a\nb", 0, 0]]])))
    assert found is not None
    assert found.edges == (Edge("a\\nb", "c"),)


def test_what_is_known_besides_stands_in_the_nodes() -> None:
    numbers = numbers_by_layer([(("in", "b"), 4), (("in", "c", "cell"), 2), (("a",), 1)])
    known = Known({("a",): "(None, 3)"}, numbers, {"a": ("Dense",)}, {"a": "new/a"})
    found = picture(model(layer("a"), NESTED), known)
    assert found is not None
    assert [node.parameters for node in found.nodes] == [1, 6, 4, 2]
    assert (found.nodes[0].shape, found.nodes[0].rules, found.nodes[0].partner) == ("(None, 3)", ("Dense",), "new/a")


def test_a_line_about_what_a_layer_wraps_is_about_the_layer() -> None:
    lines = [Change(place, "GRU", "structural", "") for place in ("a.layer", "b/c.cell/d", "", "gone")]
    assert rules_by_layer(lines, ["a", "b", "b/c"]) == {"a": ("GRU",), "b/c": ("GRU",)}


def test_shapes_are_those_of_python() -> None:
    assert shape_text([(None,)]) == "(None,)"
    assert shape_text([(None, 3), ()]) == "(None, 3), ()"
