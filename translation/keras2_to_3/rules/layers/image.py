"""`keras.layers`, image preprocessing: resize, crop and augment; what is random acts in training alone."""

from __future__ import annotations

from dataclasses import replace

from translation.evidence import Config, Example, SilentChange, keras2
from translation.verbs import Decision, Rule, Verb, custom, ignore, same

KIND = "layers"

_IMAGE = ((8, 6, 3),)
_SOURCE = keras2("layers/preprocessing/image_preprocessing.py")
_AUGMENT = "fill_mode interpolation seed fill_value"

_INTEGERS = SilentChange(
    before="computes in float32, and truncates where the layer's dtype is an integer",
    after="rounds",
    difference="8 x 8 pixels of uint8 to 16 x 16: **44** % are **1** brighter",
    answer="resized in float32 and cast after the layer",
    measure="resized_integers",
)
_CROPPED = SilentChange(
    before="at inference, resizes the image as far as its aspect allows and crops the middle",
    after="at inference, returns the image unchanged",
    difference="8 x 6 pixels to be cropped to 4 x 4: **(4, 4)** → **(8, 6)**",
    answer="becomes Resizing(crop_to_aspect_ratio=True)",
    measure="cropped_image",
)
_NOT_CAST = SilentChange(
    before="gives the layer's dtype in any case",
    after="at inference, gives the dtype of the image",
    difference="an image of uint8: **float32** → **uint8**",
    answer="the image is cast before the layer",
    measure="dtype_of_images",
)


def _random(name: str, keys: str, before: Config, *quiet: SilentChange) -> Rule:
    """Augmentation: it returns its input at inference, and its keys are the same for training."""
    example = Example(before, before, _IMAGE)
    return Rule(name, same(keys), decomposition="cast_inputs", source=_SOURCE, examples=(example,), quiet=quiet)


def _random_size(axis: str) -> Rule:
    why = "Keras 3 has no random sizes; at inference the layer returns its input"
    return Rule(
        f"Random{axis}",
        ignore("factor interpolation seed", kind="training-only", why=why),
        becomes="Identity",
        source=replace(_SOURCE, note="removed"),
        examples=(
            Example({"factor": 0.3, "interpolation": "nearest"}, {}, _IMAGE),
            Example({"factor": 0.3}, {}, _IMAGE, "uint8"),
        ),
    )


def _random_crop() -> Rule:
    why = "Keras 2 resizes at inference, and Keras 3 can express that without the random crop of training only"
    small = {"height": 4, "width": 5}
    return Rule(
        "RandomCrop",
        same("height width") + ignore("seed", kind="training-only", why=why),
        becomes="Resizing",
        sets={"crop_to_aspect_ratio": True, "interpolation": "bilinear"},
        composed="random_crop",
        source=replace(_SOURCE, note="RandomCrop.call resizes and crops where it is not training"),
        examples=(
            Example(small | {"seed": 3}, small | {"crop_to_aspect_ratio": True}, _IMAGE),
            Example({"height": 9, "width": 7}, {"height": 9}, _IMAGE),
            Example(small | {"dtype": "uint8"}, small, _IMAGE, "uint8"),
            Example(small | {"dtype": "int32"}, small, _IMAGE),
        ),
        quiet=(_CROPPED,),
    )


def _resizing() -> Rule:
    size = {"height": 5, "width": 9}
    return Rule(
        "Resizing",
        same("height width crop_to_aspect_ratio") + _lower_case("interpolation"),
        composed="resizing",
        source=replace(_SOURCE, note="Resizing.call computes in float32"),
        examples=(
            Example(size | {"crop_to_aspect_ratio": True}, size, _IMAGE),
            Example(size | {"dtype": "uint8"}, size, _IMAGE, "uint8"),
            Example(size | {"interpolation": "nearest"}, size, _IMAGE, "int32"),
            *(
                Example(size | {"interpolation": method}, {"interpolation": method}, _IMAGE)
                for method in ("bicubic", "lanczos3", "lanczos5", "area", "gaussian", "mitchellcubic")
            ),
            Example(size | {"interpolation": "area", "crop_to_aspect_ratio": True}, size, _IMAGE),
        ),
        quiet=(_INTEGERS,),
    )


def _lower_case(key: str) -> tuple[Verb, ...]:
    """Keras 2 does not mind the case of a name."""

    def decide(config: Config) -> Decision:
        return Decision({key: config[key].lower()})

    return custom(key, "same", decide)


RULES = (
    _resizing(),
    Rule(
        "CenterCrop",
        same("height width"),
        decomposition="cast_inputs",
        source=_SOURCE,
        examples=(
            Example({"height": 3, "width": 4}, {"height": 3}, _IMAGE),
            Example({"height": 9, "width": 4}, {"height": 9}, _IMAGE),
            Example({"height": 3, "width": 4}, {"height": 3}, _IMAGE, "uint8"),
        ),
    ),
    _random_crop(),
    _random_size("Height"),
    _random_size("Width"),
    _random("RandomFlip", "mode seed", {"mode": "horizontal", "seed": 1}),
    _random("RandomRotation", f"factor {_AUGMENT}", {"factor": 0.3, "fill_mode": "constant", "fill_value": 2.0}),
    _random("RandomZoom", f"height_factor width_factor {_AUGMENT}", {"height_factor": 0.2, "width_factor": 0.1}),
    _random("RandomTranslation", f"height_factor width_factor {_AUGMENT}", {"height_factor": 0.2, "width_factor": 0.1}),
    _random("RandomContrast", "factor seed", {"factor": 0.4}, _NOT_CAST),
    _random("RandomBrightness", "factor value_range seed", {"factor": [-0.1, 0.2], "value_range": [0, 1]}, _NOT_CAST),
)
