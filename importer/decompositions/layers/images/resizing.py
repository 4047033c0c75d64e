"""Resizing as Keras 2 does it: always in float32, then cast, which truncates; Keras 3 rounds integers."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model
from importer.decompositions.layers.images.resampling import resized
from translation.operators.image.dynamic_sizes import averaged, has_unknown_size
from translation.operators.image.resize_matrices import by_matrices


def compose(blueprint: Blueprint) -> Composition:
    """Keras 3's own layer if it gives the same, else a model with casts around it or around matrices."""
    import keras

    floats = "float" in blueprint.compute_dtype and "float" in str(blueprint.like.dtype)
    matrices = by_matrices(blueprint.config["interpolation"], blueprint.like.shape[1:3])
    if floats and not matrices:
        return Composition(keras.layers.Resizing(name=blueprint.name, dtype=blueprint.dtype, **blueprint.config))
    # The matrices of other methods are made for one size.
    free = () if matrices else (1, 2)
    return Composition(as_model(blueprint, lambda x: resized_as_keras_2(x, blueprint), free))


def resized_as_keras_2(x: Any, blueprint: Blueprint) -> Any:
    """Images of any dtype, resized in float32 and cast to the layer's dtype; "nearest" computes in that dtype."""
    from keras import layers, ops

    config = blueprint.config
    method = config["interpolation"]
    dtype = blueprint.compute_dtype if method == "nearest" else "float32"
    x = ops.cast(x, dtype)
    if not by_matrices(method, x.shape[1:3]):
        x = layers.Resizing(name=f"{blueprint.name}_{dtype}", dtype=dtype, **config)(x)
    elif method == "area" and has_unknown_size(x) and not config["crop_to_aspect_ratio"]:
        x = averaged(x, (config["height"], config["width"]))
    else:
        size = (config["height"], config["width"])
        x = resized(_cropped(x, *size) if config["crop_to_aspect_ratio"] else x, blueprint, size, "bhwc")
    return ops.cast(x, blueprint.compute_dtype)


def _cropped(x: Any, height: int, width: int) -> Any:
    """The center of the images in the aspect ratio of the target; source: utils/image_utils.py, smart_resize."""
    rows, columns = x.shape[1:3]
    if rows is None or columns is None:
        return x
    kept_rows, kept_columns = min(rows, columns * height // width), min(columns, rows * width // height)
    top, left = (rows - kept_rows) // 2, (columns - kept_columns) // 2
    return x[:, top : top + kept_rows, left : left + kept_columns]
