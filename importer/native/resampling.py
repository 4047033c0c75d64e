"""UpSampling2D and Resizing by methods that Keras 3 has lost, or that its backends compute otherwise: two matrices.

There is a fixed one for each axis of the image, in a frozen layer.
"""

from __future__ import annotations

from typing import Any

from importer.native import Blueprint, Composition, as_model
from importer.resampling import by_matrices, matrix


def compose(blueprint: Blueprint) -> Composition:
    """UpSampling2D, whose `size` multiplies rows and columns; Keras 3's own if it has to do for images of any size."""
    import keras

    if not by_matrices(blueprint.config["interpolation"], blueprint.like.shape[1:]):
        narrow = blueprint.compute_dtype in {"float16", "bfloat16"}  # which TensorFlow makes float32 of
        dtype = "float32" if narrow else blueprint.dtype
        return Composition(keras.layers.UpSampling2D(name=blueprint.name, dtype=dtype, **blueprint.config))
    return Composition(as_model(blueprint, lambda x: _enlarged(x, blueprint)))


def _enlarged(x: Any, blueprint: Blueprint) -> Any:
    first = blueprint.config["data_format"] == "channels_first"
    before = x.shape[2:] if first else x.shape[1:3]
    after = tuple(length and length * factor for length, factor in zip(before, blueprint.config["size"]))
    return resized(x, blueprint, after, "bchw" if first else "bhwc")


def resized(x: Any, blueprint: Blueprint, size: tuple[int, ...], axes: str) -> Any:
    """Images at another size by the blueprint's `interpolation`; `axes` names theirs, `h` and `w` among them."""
    method = blueprint.config["interpolation"]
    for axis, length in zip("hw", size):
        before = x.shape[axes.index(axis)]
        if before is None:
            raise ValueError(f"interpolation {method!r} needs images of known size, not {tuple(x.shape)}")
        x = _multiplied(x, axes, axis, matrix(method, before, length), f"{blueprint.name}_{axis}")
    return x


def _multiplied(x: Any, axes: str, axis: str, weights: Any, name: str) -> Any:
    """A frozen EinsumDense that multiplies one axis by a matrix and leaves it in its place."""
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
