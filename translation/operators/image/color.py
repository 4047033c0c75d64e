"""Colors of images: conversions between color spaces and dtypes, brightness, contrast, hue and saturation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.arrays.conversion import saturate_cast
from translation.operators.dtypes import cast
from translation.operators.operator import FLOATS, Operator, defined_in, example, named, tensor
from translation.operators.tensor_shapes import shape_of

_GREY = [[0.2989], [0.5870], [0.1140]]
_TO_YIQ = [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]]
_FROM_YIQ = [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]]
_TO_YUV = [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]]
_FROM_YUV = [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]


def converted(ops: Any, image: Any, dtype: str, saturate: bool = False) -> Any:
    """Pixels in another dtype: integers range from 0 to the maximum of their dtype, floats from 0 to 1."""
    source, target = str(image.dtype), str(dtype)
    narrow = saturate_cast if saturate else cast
    if source == target or ("float" in source and "float" in target):
        return cast(ops, image, target)
    if "float" in target:
        return ops.multiply(cast(ops, image, target), 1.0 / np.iinfo(source).max)
    if "float" in source:
        return narrow(ops, ops.multiply(image, np.iinfo(target).max + 0.5), target)
    before, after = int(np.iinfo(source).max) + 1, int(np.iinfo(target).max) + 1
    if before > after:
        return narrow(ops, ops.floor_divide(image, before // after), target)
    return ops.multiply(narrow(ops, image, target), after // before)


def _in_float(ops: Any, image: Any, change: Callable[[Any], Any], saturate: bool = True) -> Any:
    """The result of `change` on a float image, in the dtype it came in."""
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
        # TensorFlow makes a hue of exactly 1, which only rounding produces, grey.
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
    """Channels multiplied by a matrix."""
    return ops.matmul(images, ops.cast(ops.convert_to_tensor(np.asarray(matrix)), images.dtype))


def _mixing(name: str, matrix: Any) -> Operator:
    return named(f"image.{name}", "images", lambda ops, images: _mixed(ops, images, matrix), *_COLOURED, dtypes=FLOATS)


def _grey(ops: Any, images: Any) -> Any:
    grey = _mixed(ops, converted(ops, images, "float32"), _GREY)
    return converted(ops, grey, str(images.dtype))


def _least_spread(ops: Any, x: Any) -> Any:
    if None not in x.shape[-3:]:
        return np.float32(1 / math.sqrt(math.prod(x.shape[-3:])))
    count = math.prod(sizes.as_scalar(length) for length in shape_of(x)[-3:])
    return ops.rsqrt(ops.cast(count, "float32"))


def _standard(ops: Any, image: Any) -> Any:
    x = cast(ops, image, "float32")
    least = _least_spread(ops, x)
    axes = (-3, -2, -1)
    centred = ops.subtract(x, ops.mean(x, axis=axes, keepdims=True))
    spread = ops.sqrt(ops.mean(ops.square(centred), axis=axes, keepdims=True))
    return ops.divide(centred, ops.maximum(spread, least))


_PHOTO = tensor(4, 5, 3, domain="share")
_COLOURED = example(_PHOTO), example(tensor(2, 3, 3, domain="share"))
_ANY = example(tensor(4, 5, 3)), example(tensor(2, 3, 1))


def _changes(name: str, argument: str, build: Any, *amounts: Any) -> Operator:
    examples = [example(tensor(4, 5, 3, domain="share"), amount) for amount in amounts]
    whole = [example(tensor(2, 3, 3, dtype="uint8"), amounts[0])]
    return named(f"image.{name}", argument, build, *examples, *whole, dtypes=FLOATS)


SOURCES = defined_in("ops/gen_image_ops ops/image_ops_impl")
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
    named("image.rgb_to_hsv", "images", _to_hsv, *_COLOURED, dtypes=FLOATS),
    named("image.hsv_to_rgb", "images", _from_hsv, *_COLOURED, dtypes=FLOATS),
    _mixing("rgb_to_yiq", _TO_YIQ),
    _mixing("yiq_to_rgb", _FROM_YIQ),
    _mixing("rgb_to_yuv", _TO_YUV),
    _mixing("yuv_to_rgb", _FROM_YUV),
    named(
        "image.rgb_to_grayscale", "images", _grey, *_COLOURED, example(tensor(4, 5, 3, dtype="uint8")), dtypes=FLOATS
    ),
    named(
        "image.grayscale_to_rgb",
        "images",
        lambda ops, images: ops.repeat(images, 3, axis=-1),
        example(tensor(4, 5, 1)),
        example(tensor(2, 3, 1)),
    ),
    named("image.per_image_standardization", "image", _standard, *_ANY),
)
