"""`keras.layers`, reshaping: flatten, reshape, pad, crop, repeat and enlarge."""

from __future__ import annotations

from translation.evidence import Config, Example, keras3
from translation.verbs import Decision, Rule, custom, same

KIND = "layers"

# Keras 3 has lost the first three; under PyTorch it has no Lanczos, and under every backend another bicubic. Of halves
# TensorFlow makes float32 by whatever method but the nearest.
_AMISS = ("area", "gaussian", "mitchellcubic", "lanczos3", "lanczos5", "bicubic")


def _interpolation(config: Config) -> Decision:
    method = config["interpolation"]
    return Decision({"interpolation": method}, composed=None if method == "nearest" else "resampling")


RULES = (
    Rule("Flatten", same("data_format"), decomposition="drop_mask"),
    Rule("Reshape", same("target_shape"), decomposition="drop_mask"),
    Rule("Permute", same("dims"), decomposition="drop_mask"),
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
        + custom(
            "interpolation",
            "two matrices where backends differ in the method, or have none; bilinear and area of images of any size as"
            " repeated pixels and their means",
            _interpolation,
        ),
        source=keras3("layers/reshaping/up_sampling2d.py", "area, gaussian and mitchellcubic were removed"),
        examples=(
            *(Example({"size": (2, 3), "interpolation": each}, {}, ((4, 5, 2),)) for each in _AMISS),
            Example({"interpolation": "area", "data_format": "channels_first"}, {}, ((2, 4, 5),)),
        ),
    ),
    Rule("UpSampling3D", same("size data_format")),
)
