"""Probes that go through a model as one batch are told apart again."""

from __future__ import annotations

import numpy as np
import pytest

from interchange.values import Ragged, Sparse
from interchange.workers.probe_batches import joined, parted

A, B = np.arange(6.0).reshape(3, 2), np.arange(2.0).reshape(1, 2)


def test_samples_come_one_probe_after_the_other_and_part_again() -> None:
    batch = joined([A, B])
    np.testing.assert_array_equal(batch, np.concatenate([A, B]))
    (first,), (second,) = parted([batch], [[A], [B]]) or []
    np.testing.assert_array_equal(first, A)
    np.testing.assert_array_equal(second, B)


def test_words_of_another_length_are_not_cut() -> None:
    assert joined([np.array([b"a"]), np.array([b"zebra"])]).tolist() == [b"a", b"zebra"]


def test_every_output_is_parted() -> None:
    found = parted([np.zeros(4), np.ones((4, 5))], [[A], [B]])
    assert found is not None
    assert [[value.shape for value in values] for values in found] == [[(3,), (3, 5)], [(1,), (1, 5)]]


@pytest.mark.parametrize("output", [np.float32(1), np.zeros((1, 4)), np.zeros((2, 2)), Sparse(np.zeros((4, 2)))])
def test_what_has_not_one_row_for_each_sample_cannot_be_parted(output: np.ndarray) -> None:
    assert parted([np.zeros(4), output], [[A], [B]]) is None


@pytest.mark.parametrize("output", [np.zeros(()), Ragged(np.zeros(3), ((1, 2),)), Sparse(np.zeros((1, 2)))])
def test_a_probe_that_came_alone_has_whatever_there_is(output: np.ndarray) -> None:
    assert parted([output], [[A]]) == [[output]]
    assert joined([output]) is output
