"""What looking at a file costs grows no faster than the file: each hostile input in two sizes.

The only test that measures time: what it bounds is a ratio, of CPU seconds, above a floor, in the best of three tries.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from interchange.errors import Exit
from tests.attacks.growing import GROWING, Growing
from tests.support.scan_cost import Cost, Meter, meter

SLACK = 1.5
"""On top of how much larger the second file is; twice as large at the square of the cost would be 4 instead of 3."""

SECONDS, BYTES = 0.25, 48 << 20
"""Less is not told from nothing."""


@pytest.fixture(scope="module")
def metering() -> Iterator[Meter]:
    with meter() as made:
        yield made


@pytest.mark.parametrize("name", GROWING)
def test_a_file_of_twice_the_size_costs_twice_as_much(name: str, metering: Meter) -> None:
    for tries in range(3):
        grown, (small, large) = _costs(GROWING[name], metering)
        for cost in (small, large):
            assert set(cost.codes) <= {Exit.VERIFIED, Exit.UNREADABLE, Exit.REFUSED}, "an internal error"
            assert cost.codes, "it was ended at the limit"
        most = SLACK * grown
        if large.seconds <= most * max(small.seconds, SECONDS) or tries == 2:
            break
    assert large.seconds <= most * max(small.seconds, SECONDS)
    assert large.bytes <= most * max(small.bytes, BYTES)


def _costs(growing: Growing, metering: Meter) -> tuple[float, list[Cost]]:
    """How much larger the second of two files is, and what both cost."""
    sizes, costs = [], []
    for size in (growing.size, 2 * growing.size):
        with tempfile.TemporaryDirectory() as folder:
            path = growing.write(Path(folder), size)
            # As it was written, not as it says: what lies in holes is not there.
            sizes.append(sum(512 * file.stat().st_blocks for file in Path(folder).rglob("*") if file.is_file()))
            costs.append(metering.cost(path))
    return max(1.0, sizes[1] / sizes[0]), costs
