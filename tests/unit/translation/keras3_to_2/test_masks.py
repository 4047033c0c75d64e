"""Masks that Keras 3 writes as operations are left out where Keras 2.15 finds the same on its tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from translation.keras3_to_2.masks import without_implied


def tensor(layer: str, node: int = 0, index: int = 0) -> Mapping[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [layer, node, index]}}


def entry(class_name: str, name: str, *args: Any, mask: Any = None, **config: Any) -> dict[str, Any]:
    kwargs = {} if mask is None else {"mask": mask}
    nodes = [{"args": list(args), "kwargs": kwargs}] if args else []
    module = {"module": "keras.layers", "class_name": class_name}
    return {**module, "config": {"name": name, **config}, "name": name, "inbound_nodes": nodes}


def operation(class_name: str, name: str, *args: Any, **config: Any) -> dict[str, Any]:
    return {**entry(class_name, name, *args, **config), "module": "keras.src.ops.numpy"}


IDS = entry("InputLayer", "ids")
EMBEDDING = entry("Embedding", "e", tensor("ids"), mask_zero=True)
DIFFERS = operation("NotEqual", "not_equal", tensor("ids"), 0)


def left(*layers: Mapping[str, Any], output: str | None = None) -> Mapping[str, Any]:
    """The kwargs of each layer that is left, by its name."""
    ends = {"input_layers": [["ids", 0, 0]], "output_layers": [[output or layers[-1]["name"], 0, 0]]}
    found: Sequence[Any] = without_implied({"layers": list(layers), **ends})["layers"]
    return {each["name"]: [node["kwargs"] for node in each["inbound_nodes"]] for each in found}


def test_the_mask_of_an_embedding_is_found_again() -> None:
    recurrent = entry("LSTM", "r", tensor("e"), mask=tensor("not_equal"))
    assert left(IDS, EMBEDDING, DIFFERS, recurrent) == {"ids": [], "e": [{}], "r": [{}]}


def test_layers_that_pass_a_mask_on_do_not_hide_it() -> None:
    layers = (
        entry("Dropout", "a", tensor("e")),
        entry("LSTM", "b", tensor("a"), mask=tensor("not_equal"), return_sequences=True),
        entry("GlobalAveragePooling1D", "c", tensor("b"), mask=tensor("not_equal")),
    )
    assert "not_equal" not in left(IDS, EMBEDDING, DIFFERS, *layers)


def test_an_operation_that_something_else_takes_stays() -> None:
    recurrent = entry("LSTM", "r", tensor("e"), mask=tensor("not_equal"))
    found = left(IDS, EMBEDDING, DIFFERS, recurrent, operation("Sum", "sum", tensor("not_equal")), output="sum")
    assert found["r"] == [{}]
    assert "not_equal" in found


@pytest.mark.parametrize(
    "other",
    [
        operation("NotEqual", "not_equal", tensor("ids"), 1),
        operation("NotEqual", "not_equal", tensor("e"), 0),
        operation("Equal", "not_equal", tensor("ids"), 0),
    ],
)
def test_another_mask_stays(other: Mapping[str, Any]) -> None:
    found = left(IDS, EMBEDDING, other, entry("LSTM", "r", tensor("e"), mask=tensor("not_equal")))
    assert found["r"] == [{"mask": tensor("not_equal")}]
    assert "not_equal" in found


@pytest.mark.parametrize(
    "between",
    [
        entry("Conv1D", "a", tensor("e")),
        entry("LSTM", "a", tensor("e"), return_sequences=False),
        operation("Add", "a", tensor("e"), 1.0),
        entry("Mine", "a", tensor("e")),
    ],
)
def test_a_mask_that_was_lost_on_the_way_stays(between: Mapping[str, Any]) -> None:
    found = left(IDS, EMBEDDING, DIFFERS, between, entry("LSTM", "r", tensor("a"), mask=tensor("not_equal")))
    assert found["r"] == [{"mask": tensor("not_equal")}]


def test_the_mask_of_a_masking_is_found_again() -> None:
    layers = (
        entry("Masking", "m", tensor("ids"), mask_value=-1.0),
        operation("NotEqual", "not_equal", tensor("ids"), -1.0),
        operation("Any", "any", tensor("not_equal"), axis=-1, keepdims=False),
        entry("LSTM", "r", tensor("m"), mask=tensor("any")),
    )
    assert set(left(IDS, *layers)) == {"ids", "m", "r"}


def test_merged_masks_are_found_again() -> None:
    layers = (
        entry("Dense", "d", tensor("e")),
        entry("Add", "a", [tensor("e"), tensor("d")]),
        operation("LogicalOr", "or", tensor("not_equal"), tensor("not_equal")),
        entry("LSTM", "r", tensor("a"), mask=tensor("or")),
    )
    assert set(left(IDS, EMBEDDING, DIFFERS, *layers)) == {"ids", "e", "d", "a", "r"}


def test_a_mask_beside_a_tensor_without_one_is_no_mask_of_the_sum() -> None:
    layers = (
        entry("Conv1D", "d", tensor("e")),
        entry("Add", "a", [tensor("e"), tensor("d")]),
        entry("LSTM", "r", tensor("a"), mask=tensor("not_equal")),
    )
    assert left(IDS, EMBEDDING, DIFFERS, *layers)["r"] == [{"mask": tensor("not_equal")}]


def test_the_mask_of_a_concatenation_is_found_again() -> None:
    layers = (
        operation("ExpandDims", "expand", tensor("not_equal"), axis=-1),
        operation("ZerosLike", "zeros", tensor("e"), dtype="bool"),
        operation("LogicalOr", "or", tensor("expand"), tensor("zeros")),
        operation("Concatenate", "joined", [tensor("or"), tensor("or")], axis=-1),
        entry("Concatenate", "c", [tensor("e"), tensor("e")], axis=-1),
        operation("Any", "any", tensor("joined"), axis=-1, keepdims=False),
        entry("LSTM", "r", tensor("c"), mask=tensor("any")),
    )
    assert set(left(IDS, EMBEDDING, DIFFERS, *layers)) == {"ids", "e", "c", "r"}


def test_a_graph_that_turns_back_on_itself_is_left_as_it_is() -> None:
    layers = (entry("Dense", "a", tensor("b")), entry("Dense", "b", tensor("a")))
    found = left(IDS, DIFFERS, *layers, entry("LSTM", "r", tensor("a"), mask=tensor("not_equal")))
    assert found["r"] == [{"mask": tensor("not_equal")}]


def test_a_deep_graph_is_followed_to_its_end() -> None:
    names = ["e", *(f"d{number}" for number in range(2000))]
    chain = [entry("Dense", name, tensor(before)) for before, name in zip(names, names[1:])]
    found = left(IDS, EMBEDDING, DIFFERS, *chain, entry("LSTM", "r", tensor(names[-1]), mask=tensor("not_equal")))
    assert found["r"] == [{}]
