"""Images cropped, or padded with zeros to a size."""

from __future__ import annotations

from typing import Any

from translation.operators.image import dynamic_sizes
from translation.operators.operator import defined_in, example, named, tensor


def known_size(images: Any) -> tuple[int, int]:
    """Height and width; raises ValueError if they are known only when the model runs."""
    height, width = images.shape[-3:-1]
    if height is None or width is None:
        raise ValueError(
            f"the height and width of the images must be known before the model runs, not {tuple(images.shape)}"
        )
    return height, width


def _crop(ops: Any, image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int) -> Any:
    del ops
    rows = slice(offset_height, offset_height + target_height)
    columns = slice(offset_width, offset_width + target_width)
    return image[..., rows, columns, :]


def padded(ops: Any, image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int) -> Any:
    """The image at an offset within zeros."""
    height, width = known_size(image)
    ends = [
        (offset_height, target_height - height - offset_height),
        (offset_width, target_width - width - offset_width),
    ]
    return ops.pad(image, [*[(0, 0)] * (len(image.shape) - 3), *ends, (0, 0)]) if any(map(any, ends)) else image


def _central_crop(ops: Any, image: Any, central_fraction: float) -> Any:
    if dynamic_sizes.has_unknown_size(image):
        return dynamic_sizes.central(image, central_fraction)
    height, width = known_size(image)
    top, left = (int((float(length) - float(length) * central_fraction) / 2) for length in (height, width))
    return _crop(ops, image, top, left, height - 2 * top, width - 2 * left)


def _crop_or_pad(ops: Any, image: Any, target_height: int, target_width: int) -> Any:
    if dynamic_sizes.has_unknown_size(image):
        return dynamic_sizes.cropped_or_padded(image, (target_height, target_width))
    height, width = known_size(image)
    inner = min(height, target_height), min(width, target_width)
    cropped = _crop(ops, image, max((height - target_height) // 2, 0), max((width - target_width) // 2, 0), *inner)
    before = max((target_height - height) // 2, 0), max((target_width - width) // 2, 0)
    return padded(ops, cropped, *before, target_height, target_width)


_PHOTO = tensor(5, 4, 3)
EITHER = (example(_PHOTO, 3, 7), example(tensor(2, 6, 1), 5, 3))
_CROPPED = (example(_PHOTO, 1, 2, 3, 2), example(tensor(6, 3, 1), 0, 0, 2, 3))
_PADDED = (example(_PHOTO, 1, 2, 8, 7), example(tensor(2, 3, 1), 0, 0, 2, 5))
SOURCES = defined_in("ops/image_ops_impl")
OPERATORS = (
    named("image.crop_to_bounding_box", "image", _crop, *_CROPPED),
    named("image.pad_to_bounding_box", "image", padded, *_PADDED),
    named("image.central_crop", "image", _central_crop, example(_PHOTO, 0.5), example(tensor(6, 3, 1), 0.7)),
    named(
        "image.resize_with_crop_or_pad compat.v1.image.resize_image_with_crop_or_pad", "image", _crop_or_pad, *EITHER
    ),
)
