"""Parts of equal size along the axes of a picture, for the adaptive pooling of TensorFlow Addons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from importer.decompositions import Blueprint, Composition, as_model


def pooled(blueprint: Blueprint, function: Callable[..., Any]) -> Composition:
    """Every part as `function` says; raises ValueError where a size is unknown."""
    from keras import ops

    config, shape = blueprint.config, blueprint.like.shape
    begin = 1 if config["data_format"] == "channels_last" else 2
    rank, given = len(shape) - 2, config["output_size"]
    wanted = given if isinstance(given, (list, tuple)) else [given] * rank
    if None in shape[1:]:
        raise ValueError("an axis has no known size")

    def body(x: Any) -> Any:
        sizes = [-1, *shape[1:]]
        for axis, parts in reversed(list(enumerate(wanted, begin))):
            sizes[axis : axis + 1] = [parts, shape[axis] // parts]
        return function(ops.reshape(x, sizes), axis=tuple(begin + 1 + 2 * axis for axis in range(rank)))

    return Composition(as_model(blueprint, body))
