"""Arrays that a framework takes over: aligned zeros, and nothing that would have to be copied."""

from __future__ import annotations

import pytest

from interchange.workers import memory


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (3,), (513, 1023)])
def test_zeros_can_be_handed_over(shape: tuple[int, ...], dtype: str) -> None:
    array = memory.zeros(shape, dtype)
    assert (array.shape, array.dtype.name, array.any()) == (shape, dtype, False)
    assert memory.is_aligned(array)


def test_what_is_small_or_no_plain_number_is_not_worth_it() -> None:
    assert memory.is_worth((2**18,), "float32")
    assert not memory.is_worth((2**18 - 1,), "float32")
    assert not memory.is_worth((2**20,), "object")
    assert not memory.is_worth((2**20,), "int64")


def test_what_would_have_to_be_copied_cannot_be_handed_over() -> None:
    array = memory.zeros((8, 32), "float32")
    assert not memory.is_aligned(array[:, 1:])
    assert not memory.is_aligned(array.reshape(-1)[1:])
    array.flags.writeable = False
    assert not memory.is_aligned(array)
