"""Measures of images: similarity to others, and differences and edges within them."""

# ruff: noqa: PLR0913, PLR0917  (the arguments of TensorFlow)

from __future__ import annotations

import math
from typing import Any

import numpy as np

from translation.operators.image.color import converted
from translation.operators.operator import FLOATS, defined_in, example, named, tensor


def _differences(image: Any) -> tuple[Any, Any]:
    """The differences of each pixel to the one below and to the one on its right."""
    return image[..., 1:, :, :] - image[..., :-1, :, :], image[..., 1:, :] - image[..., :-1, :]


def _gradients(ops: Any, image: Any) -> list[Any]:
    down, right = _differences(image)
    return [ops.pad(down, [(0, 0), (0, 1), (0, 0), (0, 0)]), ops.pad(right, [(0, 0), (0, 0), (0, 1), (0, 0)])]


def _total_variation(ops: Any, images: Any) -> Any:
    down, right = (ops.sum(ops.abs(each), axis=(-3, -2, -1)) for each in _differences(images))
    return ops.add(down, right)


def _sobel(ops: Any, image: Any) -> Any:
    down = np.asarray([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], "float32")
    around = ops.pad(image, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect")
    return ops.stack([_filtered(ops, around, kernel) for kernel in (down, down.T)], axis=-1)


def _filtered(ops: Any, x: Any, kernel: Any) -> Any:
    """Each channel convolved with one kernel."""
    filters = np.repeat(kernel[:, :, None, None], x.shape[-1], axis=2).astype(str(x.dtype))
    return ops.depthwise_conv(x, ops.convert_to_tensor(filters), padding="valid", data_format="channels_last")


def _greatest(max_val: float, image: Any) -> float:
    """The maximum value of a pixel after conversion to float32."""
    whole = "int" in str(image.dtype)
    return int(max_val) / np.iinfo(str(image.dtype)).max if whole else float(max_val)


def _psnr(ops: Any, a: Any, b: Any, max_val: float) -> Any:
    difference = ops.subtract(converted(ops, a, "float32"), converted(ops, b, "float32"))
    error = ops.mean(ops.square(difference), axis=(-3, -2, -1))
    brightest = 20 * math.log10(_greatest(max_val, a))
    return ops.subtract(brightest, ops.multiply(ops.log(error), 10 / math.log(10)))


def _ssim(
    ops: Any,
    img1: Any,
    img2: Any,
    max_val: float,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Any:
    brightest = _greatest(max_val, img1)
    x, y = (converted(ops, image, "float32") for image in (img1, img2))
    window = _bell(filter_size, filter_sigma)
    first, second = (k1 * brightest) ** 2, (k2 * brightest) ** 2
    means = _filtered(ops, x, window), _filtered(ops, y, window)
    above, below = ops.multiply(means[0], means[1]) * 2.0, ops.square(means[0]) + ops.square(means[1])
    products = _filtered(ops, ops.multiply(x, y), window) * 2.0
    squares = _filtered(ops, ops.square(x) + ops.square(y), window)
    luminance = ops.divide(above + first, below + first)
    structure = ops.divide(products - above + second, squares - below + second)
    index = ops.multiply(luminance, structure)
    return ops.mean(index if return_index_map else ops.mean(index, axis=(-3, -2)), axis=-1)


def _bell(size: int, sigma: float) -> Any:
    places = np.arange(size) - (size - 1) / 2
    line = np.exp(-(places**2) / (2 * sigma**2))
    return (np.outer(line, line) / np.outer(line, line).sum()).astype("float32")


_ONE_PAIR = tensor(6, 7, 2, domain="share"), tensor(6, 7, 2, domain="share")
_ANY = example(tensor(4, 5, 3)), example(tensor(2, 3, 1))
SOURCES = defined_in("ops/image_ops_impl")
OPERATORS = (
    named("image.image_gradients", "image", _gradients, *_ANY),
    named("image.sobel_edges", "image", _sobel, *_ANY, dtypes="float32"),
    named("image.total_variation", "images", _total_variation, *_ANY),
    named(
        "image.psnr",
        "a b",
        _psnr,
        example(*_ONE_PAIR, 1.0),
        example(tensor(4, 5, 3, dtype="uint8"), tensor(4, 5, 3, dtype="uint8"), 255),
        dtypes=FLOATS,
    ),
    named(
        "image.ssim",
        "img1 img2",
        _ssim,
        example(*_ONE_PAIR, max_val=1.0, filter_size=3),
        example(*_ONE_PAIR, 2.0, 5, 0.7, 0.02, 0.05, return_index_map=True),
        dtypes="float32",
    ),
)
