"""How far two arrays are apart."""

from __future__ import annotations

import numpy as np
import pytest

from interchange.workers import differences

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("a", "b", "largest", "typical"),
    [
        ([], [], 0.0, 0.0),
        ([1.0, 2.0], [1.0, 2.0], 0.0, 0.0),
        ([3.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], 3.0, 1.5),
        ([NAN, INF, -INF, 1.0], [NAN, INF, -INF, 1.0], 0.0, 0.0),
        ([NAN], [1.0], INF, INF),
        ([INF], [-INF], INF, INF),
        ([INF], [1.0], INF, INF),
    ],
)
def test_the_largest_and_the_typical_difference(a: list[float], b: list[float], largest: float, typical: float) -> None:
    one, other = np.array(a, "float32"), np.array(b, "float32")
    assert differences.largest(one, other) == differences.largest(other, one) == largest
    assert differences.typical(one, other) == typical


def test_a_size_is_of_what_is_finite() -> None:
    assert differences.root_mean_square(np.array([3.0, -3.0, NAN, INF])) == 3.0
    assert differences.root_mean_square(np.array([NAN])) == 0.0


def test_a_number_without_dimensions() -> None:
    assert differences.largest(np.array(2.0), np.array(1.5)) == differences.typical(np.array(2.0), np.array(1.5)) == 0.5
