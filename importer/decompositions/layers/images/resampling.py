"""UpSampling2D and Resizing by methods that Keras 3 lacks, or that its backends compute differently: two matrices.

Each axis of the image is multiplied by a matrix in a frozen layer. Two methods need none for images of any size.
"""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model
from translation.operators.image.resize_matrices import by_matrices, matrix


def compose(blueprint: Blueprint) -> Composition:
    """UpSampling2D, whose `size` multiplies rows and columns; Keras 3's own layer for images of unknown size."""
    import keras

    if blueprint.config["interpolation"] in {"bilinear", "area"} and None in _spatial(blueprint.like, blueprint):
        return Composition(as_model(blueprint, lambda x: _of_any_size(x, blueprint)))
    if not by_matrices(blueprint.config["interpolation"], blueprint.like.shape[1:]):
        narrow = blueprint.compute_dtype in {"float16", "bfloat16"}  # which TensorFlow makes float32 of
        dtype = "float32" if narrow else blueprint.dtype
        return Composition(keras.layers.UpSampling2D(name=blueprint.name, dtype=dtype, **blueprint.config))
    return Composition(as_model(blueprint, lambda x: _enlarged(x, blueprint)))


def _enlarged(x: Any, blueprint: Blueprint) -> Any:
    pairs = zip(_spatial(x, blueprint), blueprint.config["size"])
    after = tuple(length and length * factor for length, factor in pairs)
    return resized(x, blueprint, after, "bchw" if _is_first(blueprint) else "bhwc")


def _is_first(blueprint: Blueprint) -> bool:
    return bool(blueprint.config["data_format"] == "channels_first")


def _spatial(x: Any, blueprint: Blueprint) -> tuple[Any, Any]:
    height, width = x.shape[2:] if _is_first(blueprint) else x.shape[1:3]
    return height, width


def _of_any_size(x: Any, blueprint: Blueprint) -> Any:
    """Repeated pixels, which is "area" for whole factors; for "bilinear" the means of neighbors of these.

    Keras 3's own layer reads the image size, which the graph of `predict` only knows for the first batch.
    """
    from keras import ops

    x = ops.cast(x, "float32")
    x = ops.transpose(x, (0, 2, 3, 1)) if _is_first(blueprint) else x
    for axis, factor in enumerate(blueprint.config["size"], start=1):
        x = ops.repeat(x, factor, axis=axis)
        if blueprint.config["interpolation"] == "bilinear":
            x = _smoothed(x, axis, factor)
    return ops.transpose(x, (0, 3, 1, 2)) if _is_first(blueprint) else x


def _smoothed(x: Any, axis: int, factor: int) -> Any:
    """The mean over `factor` neighbors along an axis; for an even factor it is centered by a second mean over two."""
    from keras import ops

    ends = [(factor // 2,) * 2 if number == axis else (0, 0) for number in range(4)]
    x = ops.pad(x, ends, mode="symmetric")
    for count in (factor, 2 - factor % 2):
        x = ops.average_pool(x, [count if number == axis else 1 for number in (1, 2)], 1, data_format="channels_last")
    return x


def resized(x: Any, blueprint: Blueprint, size: tuple[int, ...], axes: str) -> Any:
    """Images resized by the blueprint's `interpolation`; `axes` has a letter for each axis, `h` and `w` among them."""
    method = blueprint.config["interpolation"]
    for axis, length in zip("hw", size):
        before = x.shape[axes.index(axis)]
        if before is None:
            raise ValueError(f"interpolation {method!r} needs images of known size, not {tuple(x.shape)}")
        x = _multiplied(x, axes, axis, matrix(method, before, length), f"{blueprint.name}_{axis}")
    return x


def _multiplied(x: Any, axes: str, axis: str, weights: Any, name: str) -> Any:
    """One axis multiplied by a matrix, in a frozen EinsumDense."""
    import keras

    into = axes.replace(axis, "o")
    sizes = {**dict(zip(axes, x.shape)), "o": weights.shape[1]}
    # float32, as TensorFlow resizes whatever comes; rounding to a narrower dtype would be repeated for each axis.
    layer = keras.layers.EinsumDense(
        f"{axes},{axis}o->{into}", [sizes[letter] for letter in into[1:]], name=name, dtype="float32"
    )
    layer.trainable = False
    layer.build(x.shape)
    layer.kernel.assign(weights)
    return layer(x)
