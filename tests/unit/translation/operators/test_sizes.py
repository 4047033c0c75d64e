"""Numbers known only at run time: what can be said of them before, without a tensor."""

from __future__ import annotations

import numpy as np
import pytest

from translation.operators import sizes
from translation.operators.numpy_ops import NUMPY_OPS
from translation.operators.sizes import Size


def size(*probes: int) -> Size:
    """A size with these numbers as its probes."""
    return Size(lambda: None, lambda: None, lambda: probes)


BATCH, TIME = size(1009, 1402), size(1013, 1426)


def test_what_comes_out_the_same_in_both_probes_is_a_number() -> None:
    assert sizes.resolved(BATCH * TIME * 6 // (TIME * BATCH)) == 6
    assert sizes.resolved(TIME - TIME) == 0
    assert isinstance(sizes.resolved(TIME + 1), Size)


@pytest.mark.parametrize("other", [TIME % 3, size(9, 9) % 2, 5 // TIME])
def test_a_remainder_never_is_a_number(other: Size) -> None:
    assert not isinstance(sizes.resolved(other), int)


def test_equal_sizes_are_known_whichever_way_they_were_computed() -> None:
    assert sizes.same(BATCH * 2 * TIME // (2 * TIME), BATCH)
    assert not sizes.same(BATCH * 2, BATCH)
    assert not sizes.same(TIME // 2, TIME // 2)  # which may hide a rest, as in 2 * (TIME // 2)


def test_numpy_moves_and_multiplies_sizes() -> None:
    shape = np.array([BATCH, TIME, 6], object)
    assert np.prod(shape[1:]).probes() == (6078, 8556)
    assert np.concatenate([shape[:1], [-1]])[0] is BATCH


def test_one_unknown_size_of_a_target_is_said_as_minus_one() -> None:
    assert sizes.target([BATCH, 2, 3]) == [-1, 2, 3]
    with pytest.raises(ValueError, match="more than one size"):
        sizes.target([BATCH, TIME])


def test_the_larger_and_the_smaller_of_two_sizes() -> None:
    longest = NUMPY_OPS.maximum(TIME - 1100, 0)
    assert longest.probes() == (0, 326)
    assert not isinstance(sizes.resolved(NUMPY_OPS.maximum(8 - TIME, 0)), int)  # which is zero in both probes
    assert [each.probes() for each in NUMPY_OPS.minimum(np.array([BATCH, TIME]), 1100)] == [(1009, 1100), (1013, 1100)]


def test_sizes_that_turn_out_to_be_numbers_are_compared_before_the_model_runs() -> None:
    shape = np.array([BATCH, TIME], object)
    longer = NUMPY_OPS.greater(shape - np.array([BATCH, TIME - 1], object), 0)
    assert longer.tolist() == [False, True]
    assert NUMPY_OPS.where(longer, NUMPY_OPS.ones_like(shape), shape).tolist() == [BATCH, 1]


def test_a_size_is_no_broken_number() -> None:
    with pytest.raises(TypeError):
        BATCH * 0.5


def test_a_size_is_rounded_up_by_way_of_its_negative() -> None:
    assert (-(-BATCH // 4)).probes() == (253, 351)
    assert (-(-BATCH // 4) * 4 - BATCH).probes() == (3, 2)
    assert (-BATCH % 4).probes() == (3, 2)
    assert (8 + -BATCH + BATCH * 2).probes() == (1017, 1410)
    assert (-1 * BATCH * -2 - 0).probes() == (2018, 2804)
    assert (-BATCH).minus is BATCH
    assert (0 - BATCH).minus is BATCH
