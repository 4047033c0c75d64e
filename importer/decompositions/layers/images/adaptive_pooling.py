"""AdaptiveAveragePooling and AdaptiveMaxPooling of TensorFlow Addons: equal parts of each axis, reduced."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """One reshape, and the mean or max of each part; raises ValueError where a size is unknown."""
    from keras import ops

    config, shape = blueprint.config, blueprint.like.shape
    begin = 1 if config["data_format"] == "channels_last" else 2
    rank, output_size = len(shape) - 2, config["output_size"]
    counts = output_size if isinstance(output_size, (list, tuple)) else [output_size] * rank
    if None in shape[1:]:
        raise ValueError("all axes must have a known size")

    def body(x: Any) -> Any:
        sizes = [-1, *shape[1:]]
        for axis, count in reversed(list(enumerate(counts, begin))):
            sizes[axis : axis + 1] = [count, shape[axis] // count]
        reduce = getattr(ops, config["reduce"])
        return reduce(ops.reshape(x, sizes), axis=tuple(begin + 1 + 2 * axis for axis in range(rank)))

    return Composition(as_model(blueprint, body))
