"""The part of a large tensor has numbers of all of it, and a small tensor is whole."""

from __future__ import annotations

import math

import numpy as np
import pytest

from interchange.workers.parts import part, stride


@pytest.mark.parametrize("shape", [(), (0,), (7,), (128, 128), (2, 0, 5)])
def test_a_small_tensor_is_whole_and_a_copy(shape: tuple[int, ...]) -> None:
    array = np.arange(math.prod(shape), dtype="float32").reshape(shape)
    made = part(array)
    assert stride(shape) == 1
    assert made.shape == shape
    assert np.array_equal(made, array)
    assert not np.shares_memory(made, array)


@pytest.mark.parametrize("shape", [(129, 128), (1000, 1000), (5, 5, 512, 512), (16385,), (30030, 30), (40000, 1)])
def test_a_large_one_has_numbers_of_every_column(shape: tuple[int, ...]) -> None:
    array = np.arange(math.prod(shape)).reshape(shape)
    made = part(array)
    assert made.ndim == 1
    assert 2**12 < made.size <= 2**14
    assert {int(number) % shape[-1] for number in made} == set(range(shape[-1])) or shape[-1] > made.size
    assert made[-1] > array.size - 2 * stride(shape)


def test_it_is_taken_in_c_order() -> None:
    array = np.asfortranarray(np.arange(300 * 301).reshape(300, 301))
    assert np.array_equal(part(array), np.arange(300 * 301)[:: stride((300, 301))])
