"""Run layers with channels first on a CPU: TensorFlow has their operations only for GPUs, so channels come last."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from translation.keras2_to_runnable import Normalised

_FIRST, _LAST = "channels_first", "channels_last"
TEXT = "its axes are transposed around it, because TensorFlow has no such operation with channels first on a CPU"


def make_runnable() -> None:
    """Make these layers run in this process with either data format; their configs stay as they are."""
    for kind in _kinds():
        if not hasattr(kind.call, "__wrapped__"):
            kind.call = _moved(kind.call)


def _kinds() -> tuple[Any, ...]:
    from keras.src.layers.convolutional import (
        base_conv,
        conv1d_transpose,
        conv3d_transpose,
        depthwise_conv1d,
        separable_conv1d,
        separable_conv2d,
    )
    from keras.src.layers.pooling import base_pooling2d

    separable = separable_conv1d.SeparableConv1D, separable_conv2d.SeparableConv2D
    transposed = conv1d_transpose.Conv1DTranspose, conv3d_transpose.Conv3DTranspose
    # Conv2DTranspose and DepthwiseConv2D transpose themselves.
    return (base_conv.Conv, *transposed, depthwise_conv1d.DepthwiseConv1D, *separable, base_pooling2d.Pooling2D)


def _moved(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call of a layer with channels first, computed with channels last.

    The activation is applied after the axes are back, because a softmax is along the last axis.
    """

    @functools.wraps(call)
    def moved(self: Any, inputs: Any) -> Any:
        import tensorflow as tf

        if self.data_format != _FIRST:
            return call(self, inputs)
        rank = self.rank if hasattr(self, "rank") else 2
        before = inputs.shape.rank - rank - 1  # samples, and what else is repeated
        axes = [*range(before), *range(before + 1, before + 1 + rank), before]
        back = [*range(before), before + rank, *range(before, before + rank)]
        with _channels_last(self, rank):
            outputs = call(self, tf.transpose(inputs, axes))
        activation = getattr(self, "activation", None)
        return tf.transpose(outputs, back) if activation is None else activation(tf.transpose(outputs, back))

    return moved


class _channels_last:  # noqa: N801  (used as a context manager)
    """For the length of a `with` block a layer has channels last and no activation."""

    def __init__(self, layer: Any, rank: int) -> None:
        formats: dict[str, Any] = {
            "data_format": _LAST,
            "_channels_first": False,
            "_tf_data_format": "N" + "DHW"[3 - rank :] + "C",
        }
        formats["activation"] = None
        self._layer, self._formats = layer, {key: value for key, value in formats.items() if hasattr(layer, key)}

    def __enter__(self) -> None:
        self._kept = {key: getattr(self._layer, key) for key in self._formats}
        self._set(self._formats)

    def __exit__(self, *_: object) -> None:
        self._set(self._kept)

    def _set(self, formats: dict[str, Any]) -> None:
        for key, value in formats.items():
            object.__setattr__(self._layer, key, value)


def transposed(model: Any, path: tuple[str, ...] = ()) -> Iterator[Normalised]:
    """The layers of a model that run with channels last, at any depth."""
    for layer in model.layers:
        own = (*path, layer.name)
        if hasattr(layer, "layers"):
            yield from transposed(layer, own)
        elif isinstance(layer, _kinds()) and layer.data_format == _FIRST:
            yield Normalised("/".join(own), type(layer).__name__, TEXT)
