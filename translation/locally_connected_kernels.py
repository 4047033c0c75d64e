"""The three ways in which Keras 2 stores the kernel of a locally connected layer, as one kernel per position."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from translation.weight_transforms import RESHAPED, Array, Recast, permuted


@dataclass(frozen=True)
class Geometry:
    """A locally connected layer on inputs of known size; `spatial` counts positions, never channels.

    Keras 2 starts the window of padding "same" half a kernel before each multiple of the stride, unlike a convolution.
    """

    spatial: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    same: bool
    channels_first: bool
    channels: int
    filters: int

    @classmethod
    def of(cls, config: Mapping[str, Any], shape: tuple[int, ...]) -> Geometry:
        """The geometry of a layer with this Keras 2 config on inputs of `shape`, the batch axis included."""
        first = config["data_format"] == "channels_first"
        spatial, channels = (shape[2:], shape[1]) if first else (shape[1:-1], shape[-1])
        kernel, strides = tuple(config["kernel_size"]), tuple(config["strides"])
        same = config["padding"] == "same"
        return cls(tuple(spatial), kernel, strides, same, first, channels, config["filters"])

    @property
    def positions(self) -> tuple[int, ...]:
        """How many outputs there are along each axis."""
        missing = (0 if self.same else size - 1 for size in self.kernel)
        return tuple(
            math.ceil((length - gone) / step) for length, gone, step in zip(self.spatial, missing, self.strides)
        )

    @property
    def padding(self) -> tuple[tuple[int, int], ...]:
        """Zeros before and after each axis, so that every window lies within."""
        before = tuple(size // 2 if self.same else 0 for size in self.kernel)
        rows = zip(self.spatial, self.kernel, self.strides, self.positions, before)
        return tuple(
            (start, max(0, (count - 1) * step + size - length - start)) for length, size, step, count, start in rows
        )

    @property
    def patch(self) -> int:
        """How many numbers one output sees."""
        return math.prod(self.kernel) * self.channels

    def windows(self) -> tuple[Array, Array]:
        """For each output and place in its window: the input it reads, and whether that is one at all."""
        axes = [
            np.arange(count)[:, None] * step - start + np.arange(size)
            for count, step, (start, _), size in zip(self.positions, self.strides, self.padding, self.kernel)
        ]
        flat, inside = np.zeros((1, 1), int), np.ones((1, 1), bool)
        for index, length in zip(axes, self.spatial):
            flat = _outer(flat * length, np.clip(index, 0, length - 1), np.add)
            inside = _outer(inside, (index >= 0) & (index < length), np.logical_and)
        return flat, inside


def _outer(a: Array, b: Array, join: Any) -> Array:
    """All pairs of rows of `a` and `b`, and within each all pairs of columns."""
    pairs = join(a[:, None, :, None], b[None, :, None, :])
    return np.asarray(pairs.reshape(len(a) * len(b), -1))


def kernel_recast(geometry: Geometry, implementation: int) -> Recast:
    """From the kernel that `implementation` of Keras 2 stores to (positions..., patch, filters)."""
    g = geometry
    inputs, outputs = math.prod(g.spatial), math.prod(g.positions)
    if implementation == 1:
        return _channels_last_patch(g) if g.channels_first else RESHAPED
    full = (inputs, g.channels, outputs, g.filters)
    if implementation == 2:
        return _full(g).then(_windowed(g), full)
    return _sparse(g).then(_windowed(g), full)


def bias_recast(geometry: Geometry) -> Recast:
    """From the bias of Keras 2, which reads the same numbers as (filters, positions...) where channels come first."""
    g = geometry
    if not g.channels_first:
        return RESHAPED
    order = (*range(1, len(g.positions) + 1), 0)
    return RESHAPED.then(permuted(order), (g.filters, *g.positions))


def _channels_last_patch(g: Geometry) -> Recast:
    outputs, window = math.prod(g.positions), math.prod(g.kernel)
    unfolded, turned = (outputs, g.channels, window, g.filters), (outputs, window, g.channels, g.filters)
    return RESHAPED.then(permuted((0, 2, 1, 3)), unfolded).then(RESHAPED, turned)


def _full(g: Geometry) -> Recast:
    """Every input to every output: (inputs, channels, outputs, filters), where Keras 2 may put channels first."""
    if not g.channels_first:
        return RESHAPED
    stored = (g.channels, math.prod(g.spatial), g.filters, math.prod(g.positions))
    return RESHAPED.then(permuted((1, 0, 3, 2)), stored)


def _windowed(g: Geometry) -> Recast:
    """Of every input to every output, what lies in the output's window; the rest never counted and is left out."""
    source, inside = g.windows()
    outputs = np.arange(len(source))[:, None]

    def forward(full: Array, shape: tuple[int, ...]) -> Array:
        kept: Array = full[source, :, outputs, :] * inside[:, :, None, None].astype(full.dtype)
        return kept.reshape(shape)

    def backward(kernel: Array, shape: tuple[int, ...]) -> Array:
        full = np.zeros(shape, kernel.dtype)
        unfolded = kernel.reshape(*source.shape, g.channels, g.filters)
        full[source[inside], :, np.broadcast_to(outputs, source.shape)[inside], :] = unfolded[inside]
        return full

    return Recast("cut into windows", forward, backward)


def _sparse(g: Geometry) -> Recast:
    """The values of a sparse matrix (outputs, inputs) in the order of its rows, spread into the full kernel."""
    connected = _connected(g)
    to_full = (2, 3, 0, 1)
    stored = (1, 0, 3, 2) if g.channels_first else (0, 1, 2, 3)
    taken = connected.transpose(stored)

    def forward(values: Array, _: tuple[int, ...]) -> Array:
        full = np.zeros(taken.shape, values.dtype)
        full[taken] = values
        return full.transpose(stored).transpose(to_full)

    def backward(full: Array, _: tuple[int, ...]) -> Array:
        return full.transpose(to_full).transpose(stored)[taken]

    return Recast("spread from a sparse matrix", forward, backward)


def _connected(g: Geometry) -> Array:
    """Which input each output sees: booleans of (outputs, filters, inputs, channels)."""
    source, inside = g.windows()
    seen = np.zeros((len(source), math.prod(g.spatial)), bool)
    seen[np.broadcast_to(np.arange(len(source))[:, None], source.shape)[inside], source[inside]] = True
    return np.broadcast_to(seen[:, None, :, None], (len(source), g.filters, seen.shape[1], g.channels))
