"""`preprocess_input` of the applications of Keras, which scales pixels in one of three ways.

Source: keras/src/applications/imagenet_utils.py of Keras 2.15.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bytecode.interpreter import operators
from bytecode.interpreter.context import Context
from bytecode.refusals import Refused

_APPLICATIONS = "keras.applications"
_MODES = {
    "caffe": "vgg16 vgg19 resnet resnet50 imagenet_utils",
    "tf": "inception_resnet_v2 inception_v3 mobilenet mobilenet_v2 nasnet resnet_v2 xception",
    "torch": "densenet",
    "none": "convnext efficientnet efficientnet_v2 mobilenet_v3 regnet resnet_rs",
}

_MEANS = {"caffe": [103.939, 116.779, 123.68], "torch": [0.485, 0.456, 0.406]}
_DEVIATION = [0.229, 0.224, 0.225]


def _function(default: str) -> Callable[..., Any]:
    def preprocess_input(context: Context, x: Any, data_format: str | None = None, mode: str = default) -> Any:
        if not context.is_tensor(x) or data_format not in (None, "channels_last") or mode not in _WAYS:
            raise Refused(f"preprocess_input with data_format={data_format!r}, mode={mode!r}", "preprocess_input")
        return _WAYS[mode](context, x)

    return preprocess_input


def _symmetric(context: Context, x: Any) -> Any:
    return operators.binary(context, "-", operators.binary(context, "/", x, 127.5), 1.0)


def _centred(context: Context, x: Any) -> Any:
    turned = operators.subscript(context, x, (..., slice(None, None, -1)))
    return operators.binary(context, "+", turned, _row(context, x, np.negative(_MEANS["caffe"])))


def _standardised(context: Context, x: Any) -> Any:
    shares = operators.binary(context, "/", x, 255.0)
    shifted = operators.binary(context, "+", shares, _row(context, x, np.negative(_MEANS["torch"])))
    return operators.binary(context, "/", shifted, _row(context, x, np.array(_DEVIATION)))


def _row(context: Context, x: Any, numbers: Any) -> Any:
    """A number for each channel, in the dtype of the image."""
    dtype = str(context.backend.attribute(x, "dtype"))
    if "float" not in dtype:
        raise Refused(f"preprocess_input of {dtype}", "preprocess_input")
    return np.asarray(numbers, "float32" if dtype == "bfloat16" else dtype)


_WAYS: Mapping[str, Callable[[Context, Any], Any]] = {
    "caffe": _centred,
    "tf": _symmetric,
    "torch": _standardised,
    "none": lambda _, x: x,
}
ANSWERS: Mapping[str, Callable[..., Any]] = {
    f"{_APPLICATIONS}.{module}.preprocess_input": _function(mode)
    for mode, modules in _MODES.items()
    for module in modules.split()
}
