"""Sums that Keras 3 might take for the addition of a bias, told by the shapes of the summands."""

from __future__ import annotations

import numpy as np
import pytest

from translation.operators import broadcast_add
from translation.operators.broadcast_add import Shape


class Summand:
    """Something of a shape."""

    def __init__(self, *shape: int | None) -> None:
        self.shape: Shape = shape


@pytest.fixture(autouse=True)
def _told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """No two unknown sizes are known to be the same."""
    monkeypatch.setattr(broadcast_add, "_probed", lambda _: object())


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((None, 7, 1), (7,)),
        ((None, 7, None), (7,)),
        ((4, 4), (4, 1)),
        ((None, 7), (None, 1)),
        ((None, 4), (1, 1, 4)),
        ((None, 3, 1), (1, 1, 3)),
        ((None, None, 4), (None, 4, 1)),
    ],
)
def test_a_summand_that_may_be_taken_for_a_bias_elsewhere(x: Shape, y: Shape) -> None:
    assert not broadcast_add._adds_up([Summand(*x), Summand(*y)])


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((None, 7), (7,)),
        ((None, 1), (None, 7)),
        ((None, 5, 7), (5, 1)),
        ((None, None, None, 3), (None, None, None, 3)),
        ((None, None, 8), (None, 1, 8)),
        ((7,), (7, 1)),
        ((None, 4, 4), ()),
    ],
)
def test_a_summand_that_goes_where_it_broadcasts_to(x: Shape, y: Shape) -> None:
    assert broadcast_add._adds_up([Summand(*x), Summand(*y)])


def test_what_has_been_added_before_counts() -> None:
    summands = [Summand(None, 3, 1), Summand(None, 3, 3), Summand(None, 3, 1)]
    assert broadcast_add._adds_up(summands[:2])
    assert not broadcast_add._adds_up(summands)


def test_numbers_are_added_as_they_are() -> None:
    assert broadcast_add._adds_up([np.ones((4, 4)), 2.0])
