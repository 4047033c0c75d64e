"""Where Theano puts the zeros of `same`, which is not where TensorFlow puts them; and how large a transposed one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]

PADDED: Mapping[str, str] = {"Conv1D": "ZeroPadding1D", "Conv2D": "ZeroPadding2D", "Conv3D": "ZeroPadding3D"}
"""Convolutions that can stand behind a layer of zeros, and that layer."""

INNER = "convolution"
"""What a convolution is called behind its layer of zeros."""


def _sizes(value: Any, rank: int = 1) -> list[int]:
    return [value] * rank if isinstance(value, int) else list(value)


def _spans(config: Config) -> list[int]:
    """How far a kernel reaches along each axis, holes of a dilation included."""
    sizes = _sizes(config["kernel_size"])
    rates = _sizes(config.get("dilation_rate") or 1, len(sizes))
    return [(size - 1) * rate + 1 for size, rate in zip(sizes, rates)]


def pads_alike(config: Config) -> bool:
    """Whether `same` of Theano, half a kernel on both sides, is that of TensorFlow for a convolution of Keras 2."""
    spans = _spans(config)
    strides = _sizes(config.get("strides") or 1, len(spans))
    return all(span % 2 and (stride == 1 or span == 1) for span, stride in zip(spans, strides))


def pools_alike(config: Config) -> bool:
    """Whether what is pooled is padded alike: Theano leaves out the last place of a window, and a half of none."""
    sizes = _sizes(config["pool_size"])
    strides = _sizes(config.get("strides") or sizes, len(sizes))
    return all(size == 1 or (size, stride) == (3, 1) for size, stride in zip(sizes, strides))


def padded(name: str, config: Config) -> Config:
    """A Sequential of zeros and a convolution that uses all of them."""
    pads = [[span // 2, (span - 1) // 2] for span in _spans(config)]
    outer = {key: config[key] for key in ("batch_input_shape",) if key in config}
    inner = {key: value for key, value in config.items() if key not in outer}
    placed = {"data_format": config["data_format"]} if "data_format" in config and len(pads) > 1 else {}
    zeros = {"name": "zeros", "padding": pads[0] if len(pads) == 1 else pads, **placed, **outer}
    layers = [
        {"class_name": PADDED[name], "config": zeros},
        {"class_name": name, "config": {**inner, "name": INNER, "padding": "valid"}},
    ]
    return {"name": config["name"], "layers": layers}


def output_padding(config: Config, *, theano: bool) -> list[int]:
    """The padding with which the output of a transposed convolution has the size that its Keras 1 config names.

    `config` is that of Keras 1. Raises ValueError where no input gives that size, or Theano lays it elsewhere.
    """
    shape = config.get("output_shape")
    if not isinstance(shape, list) or len(shape) != 4:
        raise ValueError("the size of its output is unknown")
    space = shape[2:] if config["dim_ordering"] == "th" else shape[1:3]
    kernel, strides = [config["nb_row"], config["nb_col"]], _sizes(config["subsample"], 2)
    return [_added(*sizes, config["border_mode"], theano) for sizes in zip(space, kernel, strides)]


def _added(size: int | None, kernel: int, stride: int, border: str, theano: bool) -> int:
    if size is None:
        raise ValueError("the size of its output is open, and Keras 2 may take another")
    same = border == "same"
    count = -(-size // stride) if same else (size - kernel) // stride + 1
    missing = max((count - 1) * stride + kernel - size, 0)
    if same and theano and missing // 2 != kernel // 2:
        raise ValueError("Theano crops it at another place than Keras 2")
    added = size - ((count - 1) * stride + kernel - (2 * (kernel // 2) if same else 0))
    if not 0 <= added < stride:
        raise ValueError("Keras 2 cannot produce this size of its output")
    return added
