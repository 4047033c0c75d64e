"""Images that a former Keras enlarged from other places than Keras 2.15: nothing in a file tells, but who wrote it.

In Keras 2.2.3 to 2.3.1 and in the Keras within TensorFlow 1.14 the backend calls `resize_bilinear`, which samples
from the first pixel on; that within TensorFlow 1.15 and 2.0 calls `resize_images_v2`, whose pixels are areas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras_releases import Author

_ALONE, _WITHIN = (2, 4), (1, 15)


def told(name: str, config: Mapping[str, Any], author: Author | None) -> str | None:
    """A line for the report about a layer that its author computed, or may have computed, otherwise."""
    if name != "UpSampling2D" or config.get("interpolation") != "bilinear" or author is None:
        return None
    before, factors = author.is_before(_ALONE, _WITHIN), _factors(config.get("size"))
    if before is False or max(factors, default=1) == 1:
        return None
    rows, columns = map(_beside, factors)
    return (
        f"interpolation='bilinear': {author} {'sampled' if before else 'may have sampled'} without half-pixel centres, "
        f"up to {rows:.2g} of a row and {columns:.2g} of a column beside where Keras 2.15 does, so its values may "
        "differ by such shares of the steps between neighbouring pixels; the reference is what Keras 2.15 computes"
    )


def _factors(size: Any) -> list[int]:
    """By how much rows and columns are multiplied; nothing if Keras 2.15 is going to refuse it."""
    found = size if isinstance(size, (list, tuple)) else [size, size]
    return [*found] if len(found) == 2 and all(isinstance(factor, int) and factor > 0 for factor in found) else []


def _beside(factor: int) -> float:
    """How far `i / factor` and `(i + 0.5) / factor - 0.5` are apart."""
    return (1 - 1 / factor) / 2
