"""`keras.layers`, reshaping: flatten, reshape, pad, crop, repeat and enlarge."""

from __future__ import annotations

from importer.rules.verbs import Config, Decision, Example, Rule, custom, same

KIND = "layers"

_LOST = ("area", "gaussian", "mitchellcubic")


def _interpolation(config: Config) -> Decision:
    method = config["interpolation"]
    return Decision({"interpolation": method}, composed="resampling" if method in _LOST else None)


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
        + custom("interpolation", "two matrices where Keras 3 has lost the method", _interpolation),
        source="layers/reshaping/up_sampling2d.py: area, gaussian and mitchellcubic were removed",
        examples=(
            Example({"size": (2, 3), "interpolation": "lanczos3"}, {"interpolation": "lanczos3"}, ((4, 5, 2),)),
            *(Example({"size": (2, 3), "interpolation": method}, {}, ((4, 5, 2),)) for method in _LOST),
            Example({"interpolation": "area", "data_format": "channels_first"}, {}, ((2, 4, 5),)),
        ),
    ),
    Rule("UpSampling3D", same("size data_format")),
)
