"""`keras.layers`, image preprocessing: resize, crop and augment; what is random acts in training alone."""

from __future__ import annotations

from translation.evidence import Config
from translation.keras3_to_2.verbs import Back, BackRule, BackVerb, decided, left_out, only

KIND = "layers"

_AUGMENTS = "RandomFlip RandomRotation RandomZoom RandomTranslation RandomBrightness"
_PERMUTED = "put a Permute before and after it, which works with channels last, and save the model again"
_PAD = "resize without padding, or with crop_to_aspect_ratio, and save the model again"
_RANGE = "Keras 2.15 takes numbers as they are"


def _channels() -> tuple[BackVerb, ...]:
    return only("data_format", "channels_last", None, why="it works with channels last", unblock=_PERMUTED)


def _interpolation(config: Config) -> Back:
    return Back({"interpolation": config["interpolation"]})


RULES = (
    *(BackRule(name, _channels(), calls=("image_dtype",)) for name in _AUGMENTS.split()),
    BackRule(
        "RandomContrast",
        _channels() + left_out("value_range", why=_RANGE, kind="training-only", unless=([0, 255], (0, 255))),
        calls=("image_dtype",),
    ),
    BackRule("CenterCrop", _channels(), calls=("image_dtype",)),
    BackRule(
        "RandomCrop",
        refused="Keras 2.15 resizes images at inference, where Keras 3 leaves them as they are",
        instead="take the layer out of the model, crop images before it, and save it again",
    ),
    BackRule(
        "Resizing",
        _channels()
        + decided("interpolation", "same", _interpolation)
        + only("pad_to_aspect_ratio", False, why="it pads images", unblock=_PAD)
        + left_out("fill_mode fill_value", why="nothing is padded")
        + only("antialias", False, why="it smooths images before it shrinks them", unblock="resize without antialias"),
        calls=("image_dtype",),
    ),
    BackRule("UpSampling2D", decided("interpolation", "same", _interpolation)),
    BackRule(
        "ZeroPadding1D",
        only("data_format", "channels_last", None, why="it pads the second axis", unblock=_PERMUTED),
    ),
)
