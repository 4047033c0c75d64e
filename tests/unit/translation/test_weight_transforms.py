"""A recast weight comes back as it was, and a recast kernel computes what the stored one did."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from translation.locally_connected_kernels import Geometry, bias_recast, kernel_recast
from translation.operators.image.resize_matrices import METHODS, by_matrices, matrix
from translation.weight_transforms import RESHAPED, mirrored, permuted

LAYOUTS = list(itertools.product([False, True], repeat=2))
RANDOM = np.random.default_rng(3)


def geometry(*, same: bool, first: bool, strides: tuple[int, ...] = (1, 2)) -> Geometry:
    return Geometry((5, 4), (3, 2), strides, same, first, channels=2, filters=3)


def stored_shape(g: Geometry, implementation: int) -> tuple[int, ...]:
    if implementation == 1:
        return (math.prod(g.positions), g.patch, g.filters)
    if g.channels_first:
        return (g.channels, *g.spatial, g.filters, *g.positions)
    return (*g.spatial, g.channels, *g.positions, g.filters)


@pytest.mark.parametrize("recast", [RESHAPED, permuted((2, 0, 1)), mirrored(1)], ids=lambda recast: recast.name)
def test_backward_undoes_forward(recast) -> None:
    tensor = RANDOM.normal(size=(4, 3, 2))
    made = recast.forward(tensor, (4, 6) if recast is RESHAPED else ())
    assert np.array_equal(recast.backward(made, tensor.shape), tensor)


def test_a_chain_is_undone_in_reverse() -> None:
    chain = RESHAPED.then(permuted((1, 0)), (2, 6)).then(RESHAPED, (6, 2))
    tensor = RANDOM.normal(size=(3, 4))
    assert np.array_equal(chain.backward(chain.forward(tensor, (12,)), tensor.shape), tensor)
    assert chain.name == "reshaped, permuted, reshaped"


@pytest.mark.parametrize(("same", "first"), LAYOUTS)
def test_positions_and_padding_hold_every_window(same: bool, first: bool) -> None:
    g = geometry(same=same, first=first)
    assert g.positions == ((5, 2) if same else (3, 2))
    for length, size, step, count, (before, after) in zip(g.spatial, g.kernel, g.strides, g.positions, g.padding):
        assert (count - 1) * step + size <= length + before + after


@pytest.mark.parametrize(("same", "first"), LAYOUTS)
def test_a_full_kernel_is_cut_into_its_windows(same: bool, first: bool) -> None:
    g = geometry(same=same, first=first)
    recast = kernel_recast(g, 2)
    kernel = RANDOM.normal(size=(*g.positions, g.patch, g.filters)) * _reached(g)
    full = recast.backward(kernel, stored_shape(g, 2))
    assert np.array_equal(recast.forward(full, kernel.shape), kernel)
    x = RANDOM.normal(size=(g.channels, *g.spatial) if first else (*g.spatial, g.channels))
    y = np.tensordot(x, full, 3)
    assert np.allclose(
        np.moveaxis(y, 0, -1) if first else y, _locally(np.moveaxis(x, 0, -1) if first else x, kernel, g)
    )


@pytest.mark.parametrize(("same", "first"), LAYOUTS)
def test_a_sparse_kernel_holds_what_the_full_one_does(same: bool, first: bool) -> None:
    g = geometry(same=same, first=first)
    recast = kernel_recast(g, 3)
    kernel = RANDOM.normal(size=(*g.positions, g.patch, g.filters)) * _reached(g)
    values = recast.backward(kernel, ())
    assert values.shape == (np.count_nonzero(kernel),)
    assert np.array_equal(recast.forward(values, kernel.shape), kernel)


def test_channels_first_orders_the_first_implementations_patch_otherwise() -> None:
    g = geometry(same=False, first=True)
    kernel = RANDOM.normal(size=stored_shape(g, 1))
    made = kernel_recast(g, 1).forward(kernel, (*g.positions, g.patch, g.filters))
    assert np.array_equal(made[0, 0, 1], kernel[0, math.prod(g.kernel)])
    bias = np.arange(math.prod(g.positions) * g.filters).reshape(*g.positions, g.filters)
    assert np.array_equal(bias_recast(g).forward(bias, bias.shape)[..., 0].ravel(), np.arange(math.prod(g.positions)))


def _reached(g: Geometry) -> np.ndarray:
    """1 where a window lies within the input."""
    _, inside = g.windows()
    return np.repeat(inside, g.channels, axis=1).reshape(*g.positions, g.patch, 1)


def _locally(x: np.ndarray, kernel: np.ndarray, g: Geometry) -> np.ndarray:
    """The definition, window by window."""
    padded = np.pad(x, (*g.padding, (0, 0)))
    y = np.zeros((*g.positions, g.filters))
    for row, column in np.ndindex(*g.positions):
        top, left = row * g.strides[0], column * g.strides[1]
        window = padded[top : top + g.kernel[0], left : left + g.kernel[1]]
        y[row, column] = window.ravel() @ kernel[row, column]
    return y


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize(("before", "after"), [(7, 3), (3, 7), (4, 8), (5, 5), (6, 1)])
def test_a_resized_constant_stays_constant(method: str, before: int, after: int) -> None:
    weights = matrix(method, before, after)
    assert weights.shape == (before, after)
    assert np.allclose(weights.sum(0), 1, atol=1e-6)


@pytest.mark.parametrize("method", ["bicubic", "lanczos3", "lanczos5", "area"])
def test_images_of_their_own_size_stay_as_they_are(method: str) -> None:
    assert np.allclose(matrix(method, 5, 5), np.eye(5), atol=1e-6)


def test_an_unknown_size_leaves_a_method_to_keras_where_it_has_it() -> None:
    assert by_matrices("bicubic", (4, 5))
    assert not by_matrices("bicubic", (None, 5))
    assert by_matrices("area", (None, 5))
    assert not by_matrices("bilinear", (4, 5))


def test_area_by_a_whole_factor_is_a_mean_and_a_repetition() -> None:
    assert np.allclose(matrix("area", 4, 2), [[0.5, 0], [0.5, 0], [0, 0.5], [0, 0.5]])
    assert np.allclose(matrix("area", 2, 4), [[1, 1, 0, 0], [0, 0, 1, 1]])
