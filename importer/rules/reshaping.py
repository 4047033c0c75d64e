"""`keras.layers`, reshaping: flatten, reshape, pad, crop, repeat and enlarge."""

from __future__ import annotations

from importer.rules.verbs import Rule, refuse, same

KIND = "layers"

_RESIZES = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")

RULES = (
    Rule("Flatten", same("data_format")),
    Rule("Reshape", same("target_shape")),
    Rule("Permute", same("dims")),
    Rule("RepeatVector", same("n")),
    Rule("Cropping1D", same("cropping")),
    Rule("Cropping2D", same("cropping data_format")),
    Rule("Cropping3D", same("cropping data_format")),
    Rule("ZeroPadding1D", same("padding")),
    Rule("ZeroPadding2D", same("padding data_format")),
    Rule("ZeroPadding3D", same("padding data_format")),
    Rule("UpSampling1D", same("size")),
    Rule(
        "UpSampling2D",
        same("size data_format")
        + refuse("interpolation", *_RESIZES, why="Keras 3 has removed this method of interpolation"),
        source="layers/reshaping/up_sampling2d.py",
    ),
    Rule("UpSampling3D", same("size data_format")),
)
