"""Strings that functions of TensorFlow accept: numbers, and images as the bytes of their files."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable

import numpy as np

_SIZE = (32, 48)  # height and width of a picture


def numbers() -> tuple[bytes, ...]:
    """Numbers in decimal notation."""
    return (b"1.5", b"-2", b"0", b"0.25", b"13", b"-0.001", b"1e3", b"7.75")


def whole_numbers() -> tuple[bytes, ...]:
    """Whole numbers, some negative."""
    return (b"3", b"-7", b"0", b"12", b"1", b"250", b"-1", b"5")


def few_numbers() -> tuple[bytes, ...]:
    """Few numbers, for models that choose by them."""
    return (b"0", b"1")


@functools.cache
def pictures(height: int = _SIZE[0], width: int = _SIZE[1]) -> tuple[bytes, ...]:
    """Small images as PNG and as JPEG: a function that decodes one format also decodes the other."""
    import tensorflow as tf

    encoders = (tf.io.encode_png, tf.io.encode_jpeg)
    return tuple(encode(pixels).numpy() for pixels in _pixels(height, width) for encode in encoders)


@functools.cache
def jpegs(height: int = _SIZE[0], width: int = _SIZE[1]) -> tuple[bytes, ...]:
    """Small images as JPEG only, for functions that crop one or read its size."""
    import tensorflow as tf

    return tuple(tf.io.encode_jpeg(pixels).numpy() for pixels in _pixels(height, width))


def _pixels(height: int, width: int) -> np.ndarray:
    """Four images that are smooth enough for JPEG."""
    pixels = np.random.default_rng(5).integers(0, 256, (4, height, width, 3), np.uint8)
    return np.sort(pixels, axis=2)


@functools.cache
def coded_pictures(height: int = _SIZE[0], width: int = _SIZE[1]) -> tuple[bytes, ...]:
    """The images in URL-safe base64, as a server gets them in JSON."""
    return tuple(base64.urlsafe_b64encode(picture).rstrip(b"=") for picture in pictures(height, width))


@functools.cache
def raw(count: int = 64, dtype: str = "uint8") -> tuple[bytes, ...]:
    """The bytes of `count` numbers, which a function decodes as pixels."""
    random = np.random.default_rng(6)
    if np.dtype(dtype).kind == "u":
        return tuple(random.integers(0, 256, count, dtype).tobytes() for _ in range(4))
    return tuple(random.standard_normal(count).astype(dtype).tobytes() for _ in range(4))


DOMAINS: tuple[Callable[[], tuple[bytes, ...]], ...] = (
    numbers, whole_numbers, few_numbers, pictures, jpegs, coded_pictures, raw,
)  # fmt: skip
"""The kinds of strings that are tried, likely ones first."""
