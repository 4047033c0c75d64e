"""Random functions in NumPy, on noise that is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bytecode.refusals import Refused
from tests.oracles.numpy_backend import NumpyBackend, numbers, tensor

COUNT = 20_000


def evenly(shape: tuple[int, ...]) -> np.ndarray:
    """All of the unit interval, evenly."""
    return ((np.arange(np.prod(shape)) + 0.5) / np.prod(shape)).reshape(shape)


@pytest.mark.parametrize(
    ("symbol", "options", "mean", "deviation"),
    [
        ("random.normal", {"mean": 1.0, "stddev": 2.0}, 1.0, 2.0),
        ("keras.backend.truncated_normal", {"mean": 1.0, "stddev": 2.0}, 1.0, 2 * 0.8796),
        ("random.uniform", {"minval": -1.0, "maxval": 2.0}, 0.5, 3 / 12**0.5),
        ("random.uniform", {"minval": -1, "maxval": 3, "dtype": "int32"}, 0.5, 1.25**0.5),
        ("random_normal", {}, 0.0, 1.0),
        ("compat.v1.truncated_normal", {}, 0.0, 0.8796),
        ("keras.backend.random_bernoulli", {"p": 0.25}, 0.25, 0.75**0.5 / 2),
    ],
)
def test_it_has_the_moments_of_its_distribution(symbol: str, options: Any, mean: float, deviation: float) -> None:
    found = numbers(NumpyBackend(evenly).call(symbol, [(COUNT,)], options))
    assert found.shape == (COUNT,)
    assert found.mean(dtype=float) == pytest.approx(mean, abs=1e-3)
    assert found.std(dtype=float) == pytest.approx(deviation, rel=1e-3)


def test_dropout_keeps_the_mean() -> None:
    x = tensor(np.full((COUNT,), 3.0, np.float32))
    found = numbers(NumpyBackend(evenly).call("nn.dropout", [x], {"rate": 0.25}))
    assert set(np.unique(found)) == {0.0, 4.0}
    assert found.mean() == pytest.approx(3.0)


def test_nothing_is_drawn_where_no_noise_is_given() -> None:
    with pytest.raises(Refused, match=r"random\.normal"):
        NumpyBackend().call("random.normal", [(2,)], {})
