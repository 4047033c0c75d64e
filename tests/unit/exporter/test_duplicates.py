"""Layers of one model that share a name are refused by it, at any depth; those of two models may."""

from __future__ import annotations

from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3.dry_run.forecast import forecast
from tests.models.hdf5_files import dense, layer, sequential, wrapper
from translation.keras2_to_2_15.duplicate_names import check_unique


def functional(*layers: dict[str, Any], name: str = "inner") -> dict[str, Any]:
    named = [{**one, "name": one["config"]["name"], "inbound_nodes": []} for one in layers]
    return {"class_name": "Functional", "config": {"name": name, "layers": named}}


def problems(architecture: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    with pytest.raises(Failure) as caught:
        check_unique(architecture)
    assert caught.value.code is Exit.REFUSED
    return [(problem.layer, problem.class_name, problem.key) for problem in caught.value.problems]


def test_every_name_that_stands_twice_is_told() -> None:
    architecture = sequential(dense("a"), dense("b"), layer("ReLU", "a"), dense("c"), dense("b"))
    assert problems(architecture) == [("a", "Dense", "name"), ("b", "Dense", "name")]


def test_a_sequential_of_the_first_years() -> None:
    assert problems({"class_name": "Sequential", "config": [dense("a"), dense("a")]}) == [("a", "Dense", "name")]


def test_at_any_depth() -> None:
    inner = functional(dense("a"), dense("a"))
    assert problems(sequential(dense("x"), inner)) == [("inner/a", "Dense", "name")]
    assert problems(sequential(wrapper("TimeDistributed", inner))) == [("wrapper/inner/a", "Dense", "name")]


def test_two_models_may_have_layers_of_one_name() -> None:
    check_unique(functional(sequential(dense("a"), name="one"), sequential(dense("a"), name="two"), dense("a")))


def test_check_foretells_it() -> None:
    failure = forecast(sequential(dense("a"), dense("a"))).failure
    assert failure
    assert failure.code is Exit.REFUSED


def test_a_layer_alone_is_no_model() -> None:
    failure = forecast(dense()).failure
    assert failure
    assert (failure.code, "a Dense" in failure.message) == (Exit.UNREADABLE, True)
