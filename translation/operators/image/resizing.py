"""Images of another size: resized by every method of TensorFlow 1 and 2, or fitted into zeros."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from translation.operators import constants, sizes
from translation.operators.dtypes import cast
from translation.operators.image import dynamic_sizes, legacy_resizing, resize_matrices
from translation.operators.image.blocks import channels_last
from translation.operators.image.cropping import EITHER, known_size, padded
from translation.operators.operator import defined_in, example, named, tensor

# `compat.v1.image.ResizeMethod`
_OLD_METHODS = {0: "bilinear", 1: "nearest", 2: "bicubic", 3: "area"}


def _size(size: Any, images: Any, keeps_aspect: bool) -> tuple[int, int]:
    """Height and width as integers; with the aspect ratio of the images, the largest that fit."""
    lengths = [sizes.resolved(each) for each in sizes.flat(size)]
    if len(images.shape) != 4:
        raise ValueError(f"a single image instead of a batch is not supported: {tuple(images.shape)}")
    if sizes.is_dynamic(lengths):
        raise ValueError("the target size must be known before the model runs")
    if not keeps_aspect:
        return lengths[0], lengths[1]
    before = np.asarray(known_size(images), "float32")
    factor = np.min(np.asarray(lengths, "float32") / before)
    height, width = np.rint(factor * before)
    return int(height), int(width)


def resized(ops: Any, images: Any, size: tuple[int, int], method: str, antialias: bool = False) -> Any:
    """Images at another size as TensorFlow 2 makes them, whose result is float32 unless the method is "nearest"."""
    if resize_matrices.by_matrices(method, images.shape[1:3]):
        return _multiplied(ops, cast(ops, images, "float32"), size, method, antialias)
    x = images if method == "nearest" else cast(ops, images, "float32")
    return ops.image.resize(x, size, interpolation=method, antialias=antialias, data_format="channels_last")


def _multiplied(ops: Any, x: Any, size: tuple[int, int], method: str, antialias: bool) -> Any:
    """Two matrices, one for each axis."""
    if method == "area" and dynamic_sizes.has_unknown_size(x):
        return dynamic_sizes.averaged(x, size)
    for equation, before, after in zip(("bhwc,ho->bowc", "bhwc,wo->bhoc"), known_size(x), size):
        weights = constants.tensor(resize_matrices.matrix(method, before, after, antialias), x)
        x = ops.einsum(equation, x, weights)
    return x


def _resize(
    ops: Any,
    images: Any,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
) -> Any:
    dynamic = dynamic_sizes.dynamic_target(images, size)
    if preserve_aspect_ratio and dynamic_sizes.has_unknown_size(images):
        dynamic, preserve_aspect_ratio = dynamic_sizes.fitting(images, size), False
    if dynamic and not (preserve_aspect_ratio or antialias):
        return dynamic_sizes.resized(ops, images, dynamic, method, half_pixels=True)
    return resized(ops, images, _size(size, images, preserve_aspect_ratio), method, antialias)


def _resize_as_tf1(ops: Any, images: Any, size: tuple[int, int], method: Any, align_corners: bool) -> Any:
    """Resized as in TensorFlow 1, without half-pixel centers."""
    method = _OLD_METHODS.get(method, method)
    if method == "area":
        if align_corners:
            raise ValueError("method area with align_corners is not supported")
        return resized(ops, images, size, method)
    known_size(images)
    x = images if method == "nearest" else cast(ops, images, "float32")
    return legacy_resizing.resized(ops, x, size, method, align_corners)


def _resize_images(
    ops: Any, images: Any, size: Any, method: Any = 0, align_corners: bool = False, preserve_aspect_ratio: bool = False
) -> Any:
    dynamic = dynamic_sizes.dynamic_target(images, size)
    if preserve_aspect_ratio and dynamic_sizes.has_unknown_size(images):
        dynamic, preserve_aspect_ratio = dynamic_sizes.fitting(images, size), False
    if dynamic and not (preserve_aspect_ratio or align_corners):
        return dynamic_sizes.resized(ops, images, dynamic, _OLD_METHODS.get(method, method), half_pixels=False)
    target = _size(size, images, preserve_aspect_ratio)
    return images if target == tuple(images.shape[1:3]) else _resize_as_tf1(ops, images, target, method, align_corners)


def _resize_by(method: str) -> Any:
    def build(ops: Any, images: Any, size: Any, align_corners: bool = False, half_pixel_centers: bool = False) -> Any:
        dynamic = dynamic_sizes.dynamic_target(images, size)
        if dynamic and not align_corners:
            return dynamic_sizes.resized(ops, images, dynamic, method, half_pixel_centers)
        target = _size(size, images, keeps_aspect=False)
        if half_pixel_centers:
            return resized(ops, images, target, method)
        return _resize_as_tf1(ops, images, target, method, align_corners)

    return build


def _resize_area(ops: Any, images: Any, size: Any, align_corners: bool = False) -> Any:
    return _resize_as_tf1(ops, images, _size(size, images, keeps_aspect=False), "area", align_corners)


def _fitted(ops: Any, image: Any, height: int, width: int, resize: Callable[[Any], Any]) -> Any:
    """The largest image of the same aspect ratio that fits, centered in zeros, computed in float32 as in TensorFlow."""
    if dynamic_sizes.has_unknown_size(image):
        return dynamic_sizes.fitted(image, (height, width), resize)
    before, target = np.asarray(known_size(image), "float32"), np.asarray((height, width), "float32")
    within = before / np.max(before / target)
    top, left = (max(0, int(each)) for each in np.floor((target - within) / 2))
    inner = np.floor(within)
    return padded(ops, resize((int(inner[0]), int(inner[1]))), top, left, height, width)


def _resize_with_pad(
    ops: Any, image: Any, target_height: int, target_width: int, method: str = "bilinear", antialias: bool = False
) -> Any:
    def resize(size: Any) -> Any:
        return _resize(ops, image, size, method, antialias=antialias)

    return _fitted(ops, image, target_height, target_width, resize)


def _old_resize_with_pad(
    ops: Any, image: Any, target_height: int, target_width: int, method: Any = 0, align_corners: bool = False
) -> Any:
    def resize(size: Any) -> Any:
        return _resize_images(ops, image, size, method, align_corners)

    return _fitted(ops, image, target_height, target_width, resize)


def _backend_resize(
    ops: Any, x: Any, height_factor: int, width_factor: int, data_format: str, interpolation: str = "nearest"
) -> Any:
    def compute(images: Any) -> Any:
        if interpolation == "nearest":
            return ops.repeat(ops.repeat(images, height_factor, axis=1), width_factor, axis=2)
        height, width = known_size(images)
        return resized(ops, images, (height * height_factor, width * width_factor), interpolation)

    return channels_last(ops, x, data_format, compute)


def _backend_volumes(
    ops: Any, x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str
) -> Any:
    first = 2 if data_format == "channels_first" else 1
    for axis, factor in enumerate((depth_factor, height_factor, width_factor), start=first):
        x = ops.repeat(x, factor, axis=axis)
    return x


_PHOTO = tensor(5, 4, 3)
_NUMBERS = "float32 uint8"
_METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
_RESIZED = (
    example(_PHOTO, (7, 9)),
    *(example(_PHOTO, [3, 6], method=method) for method in _METHODS),
    *(example(_PHOTO, [3, 2], method, antialias=True) for method in _METHODS),
    example(tensor(6, 9, 1), [5, 4], preserve_aspect_ratio=True),
)
_FORMERLY = (
    example(_PHOTO, [3, 6]),
    *(example(_PHOTO, [7, 3], method, align_corners=True) for method in range(3)),
    *(example(_PHOTO, [3, 6], method) for method in range(4)),
    example(_PHOTO, [5, 4]),
    example(tensor(6, 9, 1), [5, 4], preserve_aspect_ratio=True),
)
_BY = (
    example(_PHOTO, [7, 3]),
    example(_PHOTO, [3, 6], align_corners=True),
    example(_PHOTO, [3, 6], half_pixel_centers=True),
)

SOURCES = defined_in(
    "ops/gen_image_ops ops/image_ops_impl",
    keras="backend",
    others="tensorflow/include/tensorflow/core/util/image_resizer_state.h",
)
OPERATORS = (
    named("image.resize", "images", _resize, *_RESIZED, dtypes=_NUMBERS),
    named(
        "compat.v1.image.resize_images compat.v1.image.resize", "images", _resize_images, *_FORMERLY, dtypes=_NUMBERS
    ),
    named("compat.v1.image.resize_bilinear", "images", _resize_by("bilinear"), *_BY, dtypes=_NUMBERS),
    named("compat.v1.image.resize_bicubic", "images", _resize_by("bicubic"), *_BY, dtypes=_NUMBERS),
    named("compat.v1.image.resize_nearest_neighbor", "images", _resize_by("nearest"), *_BY, dtypes=_NUMBERS),
    named(
        "compat.v1.image.resize_area",
        "images",
        _resize_area,
        example(_PHOTO, [3, 6]),
        example(tensor(6, 2, 1), [4, 3]),
        dtypes=_NUMBERS,
    ),
    named("image.resize_with_pad", "image", _resize_with_pad, *EITHER, example(_PHOTO, 4, 9, "nearest")),
    named("compat.v1.image.resize_image_with_pad", "image", _old_resize_with_pad, *EITHER, example(_PHOTO, 4, 9, 1)),
    named(
        "keras.backend.resize_images",
        "x",
        _backend_resize,
        example(_PHOTO, 2, 3, "channels_last"),
        example(tensor(2, 3, 4), 3, 1, "channels_first", interpolation="bilinear"),
        dtypes="float32",
    ),
    named(
        "keras.backend.resize_volumes",
        "x",
        _backend_volumes,
        example(tensor(2, 3, 2, 1), 2, 1, 3, "channels_last"),
        example(tensor(1, 2, 3, 2), 1, 2, 2, "channels_first"),
        dtypes="float32",
    ),
)
