"""Models of classes of the user's own: which list their layers, and what has a name that Keras has too."""

from __future__ import annotations

from typing import Any

import pytest

from interchange.errors import Problem
from keras2to3.scanner.architecture import problems_of
from keras2to3.scanner.unknown_classes import merge_by_object
from tests.unit.translation.test_translate import X, after_x, entry, model
from translation.keras2_to_3.translate import translate
from translation.user_models import listed_as, of_own_class, plain

DENSE = entry("Dense", "dense", after_x(), units=2)
FUNCTIONAL = model(X, DENSE, class_name="Trained")
SEQUENTIAL: dict[str, Any] = {"class_name": "Chain", "config": {"name": "chain", "layers": [X, DENSE]}}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (FUNCTIONAL, "Functional"),
        (SEQUENTIAL, "Sequential"),
        (model(X, DENSE), None),
        ({"class_name": "Counted", "config": {"name": "counted"}}, None),
        ({"class_name": "Block", "config": {"name": "block", "dtype": "float32", "layers": [DENSE]}}, None),
        ({"class_name": "Old", "config": [X, DENSE]}, None),
    ],
)
def test_which_models_list_their_layers(made: Any, expected: str | None) -> None:
    assert listed_as(made) == expected


def test_a_model_is_rebuilt_without_its_class_at_any_depth_and_that_is_told() -> None:
    inner = {**model(X, DENSE, class_name="Mine>Trained", name="inner"), "inbound_nodes": [after_x()]}
    outer = model(X, inner, class_name="Trained")
    assert [each.shown for each in of_own_class(outer)] == ["", "inner"]
    assert list(of_own_class(plain(outer))) == []
    found = translate(outer)
    assert found.problems == []
    assert found.graph == translate(plain(outer)).graph
    told = [(change.layer, change.rule, "Trained(model.inputs" in change.text) for change in found.changes]
    assert told == [("", "Trained", True), ("inner", "Mine>Trained", True)]


def test_a_sequential_of_a_class_of_its_own_is_a_chain() -> None:
    graph = translate(SEQUENTIAL).graph
    assert graph is not None
    assert graph.sequential


def unblocks(architecture: Any) -> list[str]:
    return [str(problem.unblock) for problem in problems_of(architecture, 1_000)]


def test_each_kind_of_model_has_its_own_way_out() -> None:
    assert "class Trained(keras.Model): pass" in unblocks(FUNCTIONAL)[0]
    assert "--architecture file.py:function" in unblocks({"class_name": "Counted", "config": {"name": "c"}})[0]


NAMED = {"class_name": "ReLU", "config": {"name": "relu"}, "registered_name": "ReLU"}


@pytest.mark.parametrize("module", [None, "__main__", "mine.layers"])
def test_a_class_that_is_called_as_one_of_keras_is_not_taken_for_it(module: str | None) -> None:
    layers = {"class_name": "Sequential", "config": {"name": "s", "layers": [{**NAMED, "module": module}]}}
    rows = merge_by_object(problems_of(layers, 1_000))
    assert [(row.layer, row.class_name) for row in rows] == [("relu", "ReLU")]
    assert "--custom-objects" in str(rows[0].unblock)


@pytest.mark.parametrize("row", [{**NAMED, "module": "keras.src.layers"}, NAMED, {**NAMED, "registered_name": None}])
def test_a_class_of_keras_is(row: dict[str, Any]) -> None:
    assert problems_of({"class_name": "Sequential", "config": {"name": "s", "layers": [row]}}, 1_000) == []


def test_what_is_wrong_with_one_class_is_told_once_with_its_way_out() -> None:
    row = {"class_name": "Mine", "config": {"name": "mine"}, "module": "mine", "registered_name": "Pack>Mine"}
    other = {**row, "config": {"name": "other"}}
    found = problems_of({"class_name": "Sequential", "config": {"name": "s", "layers": [row, other]}}, 1_000)
    assert len(found) > len(merge_by_object(found))
    told = merge_by_object(found)
    assert [(problem.layer, problem.policy) for problem in told] == [
        ("mine", "foreign-code"),
        ("other", "foreign-code"),
    ]
    assert all("--custom-objects" in str(problem.unblock) for problem in told)
    plain_rows = [Problem("a", "Dense", "one"), Problem("a", "Dense", "two")]
    assert merge_by_object(plain_rows) == plain_rows
