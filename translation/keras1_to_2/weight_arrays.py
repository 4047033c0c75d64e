"""The weights of a layer as Keras 1 stored them, in the order and the form in which Keras 2 has them; NumPy alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Config = Mapping[str, Any]
Arrays = Sequence[np.ndarray]
Placed = Mapping[str, Arrays]
"""Arrays by the layer they belong to: `` itself, or a layer of the model that stands for it."""


@dataclass(frozen=True)
class Layout:
    """How the arrays of a class are stored: how many a config has, and what they become.

    `becomes` gets the arrays, the config of Keras 1 and whether Theano trained them.
    """

    count: Callable[[Config], int]
    becomes: Callable[[Arrays, Config, bool], Placed]


def kernel_axes(rank: int, ordering: str, transposed: bool = False) -> tuple[int, ...]:
    """The axes of a convolution's kernel of Keras 1 in the order of Keras 2: space, channels, filters.

    With `th` Keras 1 has filters and channels first. A transposed convolution has filters before channels.
    """
    space = tuple(range(rank))
    last = (rank + 1, rank) if transposed else (rank, rank + 1)
    if ordering == "tf":
        return (*space, *last)
    return (*(axis + 2 for axis in space), *((0, 1) if transposed else (1, 0)))


def turned(kernel: np.ndarray, rank: int, theano: bool) -> np.ndarray:
    """A kernel whose first `rank` axes are space; Theano convolves where others correlate, so it is turned by 180°."""
    return kernel[(slice(None, None, -1),) * rank] if theano else kernel


def _has_bias(config: Config) -> bool:
    return bool(config.get("bias", True))


def _kernel_and_bias(config: Config) -> int:
    return 1 + _has_bias(config)


def _as_they_are(arrays: Arrays, _: Config, __: bool) -> Placed:
    return {"": arrays}


def _kernel(arrays: Arrays, config: Config, theano: bool, *, transposed: bool = False) -> Placed:
    rank = arrays[0].ndim - 2
    kernel = arrays[0].transpose(kernel_axes(rank, config["dim_ordering"], transposed))
    return {"": [turned(kernel, rank, theano), *arrays[1:]]}


def _deconvolution(arrays: Arrays, config: Config, theano: bool) -> Placed:
    return _kernel(arrays, config, theano, transposed=True)


def _line(arrays: Arrays, config: Config, theano: bool) -> Placed:
    """Until Keras 1.1 it was stored as (filters, channels, length, 1), then as (length, 1, channels, filters)."""
    kernel, length, filters = arrays[0], config["filter_length"], config["nb_filter"]
    new = kernel.shape[:2] == (length, 1) and kernel.shape[3] == filters
    kernel = kernel[:, 0] if new else kernel[..., 0].transpose(2, 1, 0)
    return {"": [turned(kernel, 1, theano), *arrays[1:]]}


def _separable(arrays: Arrays, config: Config, theano: bool) -> Placed:
    axes = kernel_axes(2, config["dim_ordering"])
    depthwise, pointwise = (array.transpose(axes) for array in arrays[:2])
    return {"": [turned(depthwise, 2, theano), pointwise, *arrays[2:]]}


def _gates(order: Sequence[int]) -> Callable[[Arrays, Config, bool], Placed]:
    """Three arrays for each gate, joined in the `order` of Keras 2; `consume_less="gpu"` had joined them already."""

    def becomes(arrays: Arrays, config: Config, _: bool) -> Placed:
        if _is_joined(config):
            return {"": arrays}
        return {"": [np.concatenate([arrays[3 * gate + part] for gate in order], -1) for part in range(3)]}

    return becomes


def _is_joined(config: Config) -> bool:
    return config.get("consume_less") == "gpu"


# Keras 1 stores the gates of an LSTM as input, cell, forget, output; Keras 2 as input, forget, cell, output.
_LSTM, _GRU = (0, 2, 1, 3), (0, 1, 2)


def _conv_lstm(arrays: Arrays, config: Config, theano: bool) -> Placed:
    axes = kernel_axes(2, config["dim_ordering"])
    kernels = [turned(array.transpose(axes), 2, theano) if array.ndim == 4 else array for array in arrays]
    return _gates(_LSTM)(kernels, {}, theano)


def _highway(arrays: Arrays, _: Config, __: bool) -> Placed:
    """Kernel and kernel of the gate come first, then both biases."""
    return {"transform": arrays[0::2], "carry": arrays[1::2]}


def _maxout(arrays: Arrays, _: Config, __: bool) -> Placed:
    """The kernels of all features beside each other, as one of a Dense layer."""
    features, inputs, units = arrays[0].shape
    kernel = arrays[0].transpose(1, 0, 2).reshape(inputs, features * units)
    return {"features": [kernel, *(bias.reshape(-1) for bias in arrays[1:])]}


LAYOUTS: Mapping[str, Layout] = {
    "conv_lstm": Layout(lambda _: 12, _conv_lstm),
    "deconvolution": Layout(_kernel_and_bias, _deconvolution),
    "dense": Layout(_kernel_and_bias, _as_they_are),
    "embedding": Layout(lambda _: 1, _as_they_are),
    "gru": Layout(lambda config: 3 if _is_joined(config) else 9, _gates(_GRU)),
    "highway": Layout(lambda config: 2 * _kernel_and_bias(config), _highway),
    "kernel": Layout(_kernel_and_bias, _kernel),
    "line": Layout(_kernel_and_bias, _line),
    "lstm": Layout(lambda config: 3 if _is_joined(config) else 12, _gates(_LSTM)),
    "maxout": Layout(_kernel_and_bias, _maxout),
    "normalization": Layout(lambda _: 4, _as_they_are),
    "recurrent": Layout(lambda _: 3, _as_they_are),
    "separable": Layout(lambda config: 1 + _kernel_and_bias(config), _separable),
    "slopes": Layout(lambda _: 1, _as_they_are),
}
"""By the `weights` of a rule."""
