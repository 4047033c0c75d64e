"""Sparse and ragged values: what is told about them in a bundle brings them back."""

from __future__ import annotations

import numpy as np
import pytest

from interchange.values import Ragged, Sparse, Value, are_facts, array_of, facts_of, from_facts, kind_of, like

NUMBERS = np.arange(6.0).reshape(3, 2)
VALUES: dict[str, Value] = {
    "dense": NUMBERS,
    "sparse": Sparse(NUMBERS),
    "ragged": Ragged(NUMBERS, ((2, 0, 1),)),
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_comes_back_from_its_facts(kind: str) -> None:
    value = VALUES[kind]
    back = from_facts(array_of(value), facts_of(value))
    assert kind_of(back) == kind
    assert facts_of(back) == facts_of(value)
    assert are_facts(facts_of(value), NUMBERS.shape)


@pytest.mark.parametrize("kind", VALUES)
def test_other_numbers_keep_the_form(kind: str) -> None:
    other = like(VALUES[kind], NUMBERS + 1)
    assert facts_of(other) == facts_of(VALUES[kind])
    np.testing.assert_array_equal(array_of(other), NUMBERS + 1)


def test_rows_within_rows_are_counted_on_every_axis() -> None:
    assert are_facts({"kind": "ragged", "lengths": [[2, 0, 1], [1, 1, 1]]}, (3, 2))
    assert not are_facts({"kind": "ragged", "lengths": [[2, 0, 1], [1, 1, 2]]}, (3, 2))
