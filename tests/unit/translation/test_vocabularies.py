"""Vocabularies in a config: lists and tuples of words and numbers, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3.dry_run.forecast import forecast
from tests.models.hdf5_files import layer, sequential, wrapper
from translation.keras2_to_2_15.vocabularies import LOOKUPS, listed

TUPLE = {"class_name": "__tuple__", "items": ["a", "b"]}


@pytest.mark.parametrize("words", [["a", "b"], [1, 2], [0.5], None, "words.txt"])
@pytest.mark.parametrize("kind", LOOKUPS)
def test_a_vocabulary_stays_as_it_is(kind: str, words: Any) -> None:
    architecture = sequential(layer(kind, "lookup", vocabulary=words))
    assert listed(architecture) == architecture


@pytest.mark.parametrize("kind", LOOKUPS)
def test_a_tuple_becomes_a_list_at_any_depth(kind: str) -> None:
    made = [sequential(wrapper("W", layer(kind, "lookup", vocabulary=words))) for words in (TUPLE, ["a", "b"])]
    assert listed(made[0]) == made[1]


@pytest.mark.parametrize("words", [{"a": 1}, 3, True, [["a"]], [None], [{}], {"class_name": "__tuple__"}])
@pytest.mark.parametrize("kind", LOOKUPS)
def test_anything_else_is_refused_with_its_layer(kind: str, words: Any) -> None:
    architecture = sequential(layer(kind, "lookup", vocabulary=words))
    with pytest.raises(Failure) as caught:
        listed(architecture)
    assert caught.value.code is Exit.REFUSED
    assert [(problem.layer, problem.key) for problem in caught.value.problems] == [("lookup", "vocabulary")]
    told = forecast(architecture).failure
    assert told is not None
    assert told.code is Exit.REFUSED
