"""Images: resizing, cropping, padding, colours, patches and blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras3_to_2.operations.dtypes import cast, dtype_of, floating, is_whole
from translation.keras3_to_2.operations.families.convolutions import FIRST
from translation.keras3_to_2.operations.families.shapes import transposed
from translation.keras3_to_2.operations.operation import Build, named, part, rank, sizes
from translation.operators.operator import example, tensor

_METHODS = frozenset({"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"})


def _last(tf: Any, x: Any, data_format: str | None) -> Any:
    """An image, or a batch of them, with its channels last."""
    return (
        transposed(tf, x, [*range(rank(x) - 3), *(rank(x) - back for back in (2, 1, 3))]) if data_format == FIRST else x
    )


def _given(tf: Any, x: Any, data_format: str | None) -> Any:
    """The inverse of `_last`."""
    return (
        transposed(tf, x, [*range(rank(x) - 3), *(rank(x) - back for back in (1, 3, 2))]) if data_format == FIRST else x
    )


def _resize(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    images: Any,
    *,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Any:
    x = _last(tf, images, data_format)
    height, width = x.shape[rank(x) - 3], x.shape[rank(x) - 2]
    if crop_to_aspect_ratio:
        x = _cut(x, _shares(height, width, size, min))
    elif pad_to_aspect_ratio:
        x = _bordered(tf, x, _shares(height, width, size, max), fill_value)
    return _given(tf, tf.image.resize(x, list(size), method=interpolation, antialias=antialias), data_format)


def _shares(height: int, width: int, size: Any, end: Any) -> tuple[int, int]:
    """The largest part of an image, or the smallest frame around it, in the proportion of `size`."""
    in_height, in_width = int(width * size[0] / size[1]), int(height * size[1] / size[0])
    return max(end(height, in_height), 1), max(end(width, in_width), 1)


def _cut(x: Any, kept: tuple[int, int]) -> Any:
    starts = [int((full - size) / 2) for full, size in zip(x.shape[rank(x) - 3 :], kept)]
    return part(x, ..., *(slice(start, start + size) for start, size in zip(starts, kept)), slice(None))


def _bordered(tf: Any, x: Any, frame: tuple[int, int], value: float) -> Any:
    borders = [int((framed - full) / 2) for full, framed in zip(x.shape[rank(x) - 3 :], frame)]
    pads = [*([0, 0] for _ in range(rank(x) - 3)), *([each, each] for each in borders), [0, 0]]
    return tf.pad(x, pads, constant_values=value)


def _unlike(arguments: Mapping[str, Any]) -> str | None:
    if arguments["interpolation"] not in _METHODS:
        return f"tf.image.resize has no method {arguments['interpolation']!r}"
    shape = arguments["images"].shape
    spatial = shape[-2:] if arguments["data_format"] == FIRST else shape[-3:-1]
    kept = arguments["crop_to_aspect_ratio"] or arguments["pad_to_aspect_ratio"]
    return "the size of the images is not known" if kept and None in spatial else None


def _grey(tf: Any, images: Any, *, data_format: str | None = None) -> Any:
    x = _last(tf, images, data_format)
    if x.shape[-1] == 1:
        return tf.identity(images)
    weighed = tf.multiply(floating(tf, x), [0.2989, 0.5870, 0.1140])
    return _given(tf, cast(tf, tf.reduce_sum(weighed, axis=-1, keepdims=True), dtype_of(images)), data_format)


def _colours(function: str) -> Build:
    def build(tf: Any, images: Any, *, data_format: str | None = None) -> Any:
        return _given(tf, getattr(tf.image, function)(_last(tf, images, data_format)), data_format)

    return build


def _pad_images(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    images: Any,
    *,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    x = _last(tf, images, data_format)
    height, width = x.shape[rank(x) - 3], x.shape[rank(x) - 2]
    rows = _around(top_padding, bottom_padding, target_height, height, sign=1)
    columns = _around(left_padding, right_padding, target_width, width, sign=1)
    return _given(tf, tf.pad(x, [*([0, 0] for _ in range(rank(x) - 3)), rows, columns, [0, 0]]), data_format)


def _crop_images(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    images: Any,
    *,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    x = _last(tf, images, data_format)
    height, width = x.shape[rank(x) - 3], x.shape[rank(x) - 2]
    rows = _around(top_cropping, bottom_cropping, target_height, height, sign=-1)
    columns = _around(left_cropping, right_cropping, target_width, width, sign=-1)
    parts = [slice(before, -after or None) for before, after in (rows, columns)]
    return _given(tf, part(x, ..., *parts, slice(None)), data_format)


def _around(before: int | None, after: int | None, target: int | None, size: Any, *, sign: int) -> list[int]:
    """What is added or cut before and after an axis; one may follow from the size that results."""
    total = None if target is None else sign * (target - size)
    before = (total or 0) - (after or 0) if before is None else before
    return [before, (total or 0) - before if after is None else after]


def _unknown_borders(arguments: Mapping[str, Any]) -> str | None:
    shape = arguments["images"].shape
    spatial = shape[-2:] if arguments["data_format"] == FIRST else shape[-3:-1]
    return "the size of the images is not known" if None in spatial else None


def _edges(tf: Any, images: Any, *, data_format: str | None = None) -> Any:
    found = tf.image.sobel_edges(_last(tf, images, data_format))
    return tf.transpose(found, perm=[0, 3, 1, 2, 4]) if data_format == FIRST else found


def _blocks(function: str) -> Build:
    def build(tf: Any, x: Any, *, block_size: int, data_format: str | None = "channels_last") -> Any:
        return _given(tf, getattr(tf.nn, function)(_last(tf, x, data_format), block_size), data_format)

    return build


def _pair(value: Any) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


def _unfold(tf: Any, x: Any, *, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    window, rates, borders, steps = (_pair(each) for each in (kernel_size, dilation, padding, stride))
    x = tf.pad(x, [[0, 0], [0, 0], *([each, each] for each in borders)]) if any(borders) else x
    channels = x.shape[1]
    patches = tf.image.extract_patches(
        tf.transpose(x, perm=[0, 2, 3, 1]),
        sizes=[1, *window, 1],
        strides=[1, *steps, 1],
        rates=[1, *rates, 1],
        padding="VALID",
    )
    _, rows, columns, depth = sizes(tf, patches)
    found = tf.reshape(patches, [-1, rows, columns, *window, channels])
    return tf.reshape(tf.transpose(found, perm=[0, 5, 3, 4, 1, 2]), [-1, depth, rows * columns])


def _unknown_image(arguments: Mapping[str, Any]) -> str | None:
    return "the size of the images is not known" if None in arguments["x"].shape[1:] else None


def _sequences(tf: Any, x: Any, *, sequence_length: int, sequence_stride: int) -> Any:
    starts = range(0, x.shape[-1] - sequence_length + 1, sequence_stride)
    return tf.gather(x, [[start + offset for offset in range(sequence_length)] for start in starts], axis=-1)


def _whole(arguments: Mapping[str, Any]) -> str | None:
    return "it is not defined of whole numbers" if is_whole(arguments["images"]) else None


def _unknown_length(arguments: Mapping[str, Any]) -> str | None:
    return "the length of the sequences is not known" if arguments["x"].shape[-1] is None else None


_IMAGE = tensor(6, 4, 3)
_TURNED = tensor(3, 6, 4)
_LIGHT = tensor(6, 4, 3, domain="share")
OPERATIONS = (
    named(
        "Resize",
        _resize,
        example(_IMAGE, size=[3, 8]),
        example(_TURNED, size=[9, 5], data_format=FIRST),
        *(example(_IMAGE, size=[9, 5], interpolation=each) for each in ("nearest", "bicubic", "lanczos3")),
        example(_IMAGE, size=[3, 3], antialias=True),
        example(_IMAGE, size=[4, 4], crop_to_aspect_ratio=True),
        example(_IMAGE, size=[6, 6], pad_to_aspect_ratio=True, fill_value=1.0),
        ignored="fill_mode",
        refuse=_unlike,
    ),
    named("RGBToGrayscale", _grey, example(_IMAGE), example(_TURNED, data_format=FIRST)),
    named("RGBToHSV", _colours("rgb_to_hsv"), example(_LIGHT), refuse=_whole),
    named("HSVToRGB", _colours("hsv_to_rgb"), example(_LIGHT), refuse=_whole),
    named(
        "PadImages",
        _pad_images,
        example(_IMAGE, top_padding=1, left_padding=2, target_height=9, target_width=7),
        example(_TURNED, top_padding=1, left_padding=2, bottom_padding=0, right_padding=1, data_format=FIRST),
        refuse=_unknown_borders,
    ),
    named(
        "CropImages",
        _crop_images,
        example(_IMAGE, top_cropping=1, left_cropping=1, target_height=3, target_width=2),
        example(_TURNED, top_cropping=1, left_cropping=0, bottom_cropping=2, right_cropping=1, data_format=FIRST),
        refuse=_unknown_borders,
    ),
    named("SobelEdges", _edges, example(_IMAGE)),
    named(
        "DepthToSpace",
        _blocks("depth_to_space"),
        example(tensor(2, 3, 8), block_size=2),
        example(tensor(8, 2, 3), block_size=2, data_format=FIRST),
    ),
    named("SpaceToDepth", _blocks("space_to_depth"), example(tensor(4, 6, 2), block_size=2)),
    named(
        "Unfold",
        _unfold,
        example(tensor(2, 5, 4), kernel_size=2),
        example(tensor(2, 5, 4), kernel_size=[2, 3], padding=1, stride=2),
        refuse=_unknown_image,
    ),
    named(
        "ExtractSequences",
        _sequences,
        example(tensor(2, 9), sequence_length=4, sequence_stride=2),
        refuse=_unknown_length,
    ),
)
