"""Random functions, on noise that is given: `uniform` gives numbers between 0 and 1 for a shape; seeds say nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from interchange.tensors import Array
from tests.oracles.numpy_backend.tensors import array, sizes

Uniform = Callable[[tuple[int, ...]], Array]
_NORMAL = NormalDist()
_quantile = np.vectorize(_NORMAL.inv_cdf, otypes=[float])


def _scaled(standard: Array, mean: Any, stddev: Any, dtype: str | None) -> Array:
    return np.asarray(standard.astype(dtype or "float32") * array(stddev) + array(mean))


def _normal(uniform: Uniform, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: str | None = None) -> Array:
    return _scaled(_quantile(uniform(sizes(shape))), mean, stddev, dtype)


def _truncated(uniform: Uniform, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: str | None = None) -> Array:
    low, high = _NORMAL.cdf(-2), _NORMAL.cdf(2)
    return _scaled(_quantile(low + uniform(sizes(shape)) * (high - low)), mean, stddev, dtype)


def _uniform(uniform: Uniform, shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: str | None = None) -> Array:
    low, high, kind = array(minval), array(1 if maxval is None else maxval), np.dtype(dtype or "float32")
    made = uniform(sizes(shape)) * (high - low)
    return np.asarray((np.floor(made) if kind.kind == "i" else made) + low).astype(kind)


def _bernoulli(uniform: Uniform, shape: Any, p: Any = 0.0, dtype: str | None = None) -> Array:
    return np.asarray(uniform(sizes(shape)) <= array(p)).astype(dtype or "float32")


def _dropout(uniform: Uniform, x: Any, rate: Any, noise_shape: Any = None) -> Array:
    numbers = array(x)
    if not rate:
        return numbers
    kept = uniform(numbers.shape if noise_shape is None else sizes(noise_shape)) >= rate
    return np.asarray(numbers * kept / (1 - rate)).astype(numbers.dtype)


FUNCTIONS: Mapping[str, Callable[..., Array]] = {
    **dict.fromkeys("random.normal random_normal keras.backend.random_normal".split(), _normal),
    **dict.fromkeys("random.truncated_normal truncated_normal keras.backend.truncated_normal".split(), _truncated),
    **dict.fromkeys("random.uniform random_uniform keras.backend.random_uniform".split(), _uniform),
    "keras.backend.random_bernoulli": _bernoulli,
    "keras.backend.random_binomial": _bernoulli,
    "nn.dropout": _dropout,
    "keras.backend.dropout": lambda uniform, x, level, noise_shape=None: _dropout(uniform, x, level, noise_shape),
}
