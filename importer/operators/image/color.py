"""Images seen otherwise: turned and mirrored, in other colours, compared with others."""

# ruff: noqa: PLR0913, PLR0917  (the arguments of TensorFlow)

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from importer.operators import sizes
from importer.operators.arrays.conversion import saturate_cast
from importer.operators.dtypes import cast
from importer.operators.operator import Operator, example, named, tensor

_FLOATS = "float32 float64"
_GREY = [[0.2989], [0.5870], [0.1140]]
_TO_YIQ = [
    [0.299, 0.59590059, 0.2115],
    [0.587, -0.27455667, -0.52273617],
    [0.114, -0.32134392, 0.31119955],
]
_FROM_YIQ = [
    [1, 1, 1],
    [0.95598634, -0.27201283, -1.10674021],
    [0.6208248, -0.64720424, 1.70423049],
]
_TO_YUV = [
    [0.299, -0.14714119, 0.61497538],
    [0.587, -0.28886916, -0.51496512],
    [0.114, 0.43601035, -0.10001026],
]
_FROM_YUV = [
    [1, 1, 1],
    [0, -0.394642334, 2.03206185],
    [1.13988303, -0.58062185, 0],
]


def converted(ops: Any, image: Any, dtype: str, saturate: bool = False) -> Any:
    """Pixels of another dtype: whole numbers go from 0 to the greatest there is, others from 0 to 1."""
    given, target = str(image.dtype), str(dtype)
    narrow = saturate_cast if saturate else cast
    if given == target or ("float" in given and "float" in target):
        return cast(ops, image, target)
    if "float" in target:
        return ops.multiply(cast(ops, image, target), 1.0 / np.iinfo(given).max)
    if "float" in given:
        return narrow(ops, ops.multiply(image, np.iinfo(target).max + 0.5), target)
    before, after = int(np.iinfo(given).max) + 1, int(np.iinfo(target).max) + 1
    if before > after:
        return narrow(ops, ops.floor_divide(image, before // after), target)
    return ops.multiply(narrow(ops, image, target), after // before)


def _in_float(ops: Any, image: Any, change: Callable[[Any], Any], saturate: bool = True) -> Any:
    """What `change` makes of an image in a narrow float, in the dtype it came in."""
    narrow = image if str(image.dtype) in ("float16", "float32") else converted(ops, image, "float32")
    return converted(ops, change(narrow), str(image.dtype), saturate)


def _brighter(ops: Any, image: Any, delta: float) -> Any:
    return _in_float(ops, image, lambda x: ops.add(x, delta))


def _contrast(ops: Any, images: Any, contrast_factor: float) -> Any:
    def change(x: Any) -> Any:
        mean = ops.mean(x, axis=(-3, -2), keepdims=True)
        return ops.add(ops.multiply(ops.subtract(x, mean), contrast_factor), mean)

    return _in_float(ops, images, change)


def _gamma(ops: Any, image: Any, gamma: float = 1, gain: float = 1) -> Any:
    return _in_float(ops, image, lambda x: ops.multiply(ops.power(x, gamma), gain))


def _hue(ops: Any, image: Any, delta: float) -> Any:
    def change(x: Any) -> Any:
        hue, saturation, value = _hsv(ops, x)
        return _from_hsv(ops, ops.concatenate([ops.mod(ops.add(hue, delta), 1.0), saturation, value], axis=-1))

    return _in_float(ops, image, change, saturate=False)


def _saturation(ops: Any, image: Any, saturation_factor: float) -> Any:
    def change(x: Any) -> Any:
        hue, saturation, value = _hsv(ops, x)
        saturation = ops.clip(ops.multiply(saturation, saturation_factor), 0.0, 1.0)
        changed = _from_hsv(ops, ops.concatenate([hue, saturation, value], axis=-1))
        # The last red there is, which is 1 by rounding alone, TensorFlow makes grey.
        return ops.where(ops.equal(hue, 1), ops.subtract(value, ops.multiply(saturation, value)), changed)

    return _in_float(ops, image, change, saturate=False)


def _hsv(ops: Any, image: Any) -> tuple[Any, Any, Any]:
    hsv = _to_hsv(ops, image)
    return hsv[..., 0:1], hsv[..., 1:2], hsv[..., 2:3]


def _to_hsv(ops: Any, images: Any) -> Any:
    return ops.image.rgb_to_hsv(images, data_format="channels_last")


def _from_hsv(ops: Any, images: Any) -> Any:
    return ops.image.hsv_to_rgb(images, data_format="channels_last")


def _mixed(ops: Any, images: Any, matrix: Any) -> Any:
    """Each channel of the result is a sum of those given."""
    return ops.matmul(images, ops.cast(ops.convert_to_tensor(np.asarray(matrix)), images.dtype))


def _mixing(name: str, matrix: Any) -> Operator:
    return named(f"image.{name}", "images", lambda ops, images: _mixed(ops, images, matrix), *_COLOURED, dtypes=_FLOATS)


def _grey(ops: Any, images: Any) -> Any:
    grey = _mixed(ops, converted(ops, images, "float32"), _GREY)
    return converted(ops, grey, str(images.dtype))


def _least_spread(ops: Any, x: Any) -> Any:
    if None not in x.shape[-3:]:
        return np.float32(1 / math.sqrt(math.prod(x.shape[-3:])))
    count = math.prod(sizes.counted(length) for length in sizes.shape_of(x)[-3:])
    return ops.rsqrt(ops.cast(count, "float32"))


def _standard(ops: Any, image: Any) -> Any:
    x = cast(ops, image, "float32")
    least = _least_spread(ops, x)
    axes = (-3, -2, -1)
    centred = ops.subtract(x, ops.mean(x, axis=axes, keepdims=True))
    spread = ops.sqrt(ops.mean(ops.square(centred), axis=axes, keepdims=True))
    return ops.divide(centred, ops.maximum(spread, least))


def _turned(ops: Any, image: Any, k: int = 1) -> Any:
    """Quarters of a turn to the left."""
    turns = k % 4
    if turns == 2:
        return ops.flip(image, axis=(-3, -2))
    if turns == 1:
        return _transposed(ops, ops.flip(image, axis=-2))
    return ops.flip(_transposed(ops, image), axis=-2) if turns else image


def _transposed(ops: Any, image: Any) -> Any:
    return ops.swapaxes(image, -3, -2)


def _differences(image: Any) -> tuple[Any, Any]:
    """From each pixel to the one below, and to the one at its right."""
    return image[..., 1:, :, :] - image[..., :-1, :, :], image[..., 1:, :] - image[..., :-1, :]


def _gradients(ops: Any, image: Any) -> list[Any]:
    down, right = _differences(image)
    return [
        ops.pad(down, [(0, 0), (0, 1), (0, 0), (0, 0)]),
        ops.pad(right, [(0, 0), (0, 0), (0, 1), (0, 0)]),
    ]


def _total_variation(ops: Any, images: Any) -> Any:
    down, right = (ops.sum(ops.abs(each), axis=(-3, -2, -1)) for each in _differences(images))
    return ops.add(down, right)


def _sobel(ops: Any, image: Any) -> Any:
    down = np.asarray([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], "float32")
    around = ops.pad(image, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect")
    return ops.stack([_filtered(ops, around, kernel) for kernel in (down, down.T)], axis=-1)


def _filtered(ops: Any, x: Any, kernel: Any) -> Any:
    """Each channel under one kernel."""
    filters = np.repeat(kernel[:, :, None, None], x.shape[-1], axis=2).astype(str(x.dtype))
    return ops.depthwise_conv(x, ops.convert_to_tensor(filters), padding="valid", data_format="channels_last")


def _greatest(max_val: float, image: Any) -> float:
    """The brightest a pixel can be, once the image is converted to float32."""
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


_PHOTO = tensor(4, 5, 3, domain="share")
_COLOURED = example(_PHOTO), example(tensor(2, 3, 3, domain="share"))
_ANY = example(tensor(4, 5, 3)), example(tensor(2, 3, 1))
_ONE_PAIR = tensor(6, 7, 2, domain="share"), tensor(6, 7, 2, domain="share")


def _changes(name: str, argument: str, build: Any, *amounts: Any) -> Operator:
    examples = [example(tensor(4, 5, 3, domain="share"), amount) for amount in amounts]
    whole = [example(tensor(2, 3, 3, dtype="uint8"), amounts[0])]
    return named(f"image.{name}", argument, build, *examples, *whole, dtypes=_FLOATS)


SOURCES = (
    "tensorflow/python/ops/gen_image_ops.py",
    "tensorflow/python/ops/image_ops_impl.py",
)
OPERATORS = (
    named(
        "image.convert_image_dtype",
        "image",
        converted,
        example(tensor(4, 5, 3, dtype="uint8"), "float32"),
        example(tensor(2, 3, 3, dtype="float32", domain="share"), "uint8"),
        example(tensor(4, 5, 3, dtype="float32"), dtype="uint8", saturate=True),
        example(tensor(2, 3, 3, dtype="uint8"), "int32"),
        example(tensor(2, 3, 3, dtype="int32"), "uint8", saturate=True),
        dtypes="float32",
    ),
    _changes("adjust_brightness", "image", _brighter, 0.2, -0.4),
    _changes("adjust_contrast", "images", _contrast, 1.7, 0.3),
    _changes("adjust_gamma", "image", _gamma, 0.4, 2.2),
    _changes("adjust_hue", "image", _hue, 0.2, -0.4),
    _changes("adjust_saturation", "image", _saturation, 0.3, 1.8),
    named("image.rgb_to_hsv", "images", _to_hsv, *_COLOURED, dtypes=_FLOATS),
    named("image.hsv_to_rgb", "images", _from_hsv, *_COLOURED, dtypes=_FLOATS),
    _mixing("rgb_to_yiq", _TO_YIQ),
    _mixing("yiq_to_rgb", _FROM_YIQ),
    _mixing("rgb_to_yuv", _TO_YUV),
    _mixing("yuv_to_rgb", _FROM_YUV),
    named(
        "image.rgb_to_grayscale", "images", _grey, *_COLOURED, example(tensor(4, 5, 3, dtype="uint8")), dtypes=_FLOATS
    ),
    named(
        "image.grayscale_to_rgb",
        "images",
        lambda ops, images: ops.repeat(images, 3, axis=-1),
        example(tensor(4, 5, 1)),
        example(tensor(2, 3, 1)),
    ),
    named("image.per_image_standardization", "image", _standard, *_ANY),
    named("image.flip_left_right", "image", lambda ops, image: ops.flip(image, axis=-2), *_ANY),
    named("image.flip_up_down", "image", lambda ops, image: ops.flip(image, axis=-3), *_ANY),
    named("image.transpose compat.v1.image.transpose_image", "image", _transposed, *_ANY),
    named("image.rot90", "image", _turned, *_ANY, *(example(tensor(4, 5, 3), k) for k in (2, 3, -3))),
    named("image.image_gradients", "image", _gradients, *_ANY),
    named("image.sobel_edges", "image", _sobel, *_ANY, dtypes="float32"),
    named("image.total_variation", "images", _total_variation, *_ANY),
    named(
        "image.psnr",
        "a b",
        _psnr,
        example(*_ONE_PAIR, 1.0),
        example(tensor(4, 5, 3, dtype="uint8"), tensor(4, 5, 3, dtype="uint8"), 255),
        dtypes=_FLOATS,
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
