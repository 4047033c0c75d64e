"""Convolutions Keras 3 cannot run: causal SeparableConv1D and dilated Conv2DTranspose, as padding and another one."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, WeightTarget, as_model
from translation.weight_transforms import mirrored


def compose(blueprint: Blueprint) -> Composition:
    """SeparableConv1D if the kernel has one axis, Conv2DTranspose if it has two."""
    return _causal(blueprint) if len(blueprint.config["kernel_size"]) == 1 else _dilated_transpose(blueprint)


def _causal(blueprint: Blueprint) -> Composition:
    """Zeros before the sequence, as many as the kernel reaches back."""
    from keras import layers

    config = blueprint.config
    before = config["dilation_rate"][0] * (config["kernel_size"][0] - 1)
    pad = layers.ZeroPadding1D((before, 0), name=f"{blueprint.name}_padding")
    inner = layers.SeparableConv1D(name=f"{blueprint.name}_valid", dtype=blueprint.dtype, **_plain(blueprint))
    names = ["depthwise_kernel", "pointwise_kernel", *(["bias"] if config["use_bias"] else [])]
    weights = {name: WeightTarget(inner, name) for name in names}
    return _after_one_another([pad, inner], weights, blueprint)


def _dilated_transpose(blueprint: Blueprint) -> Composition:
    """With stride 1, the only one possible, a transposed convolution is an ordinary one with the kernel mirrored."""
    from keras import layers

    config = _plain(blueprint)
    del config["output_padding"]
    pad = layers.ZeroPadding2D(_around(blueprint), name=f"{blueprint.name}_padding")
    inner = layers.Conv2D(name=f"{blueprint.name}_turned", dtype=blueprint.dtype, **config)
    weights = {"kernel": WeightTarget(inner, "kernel", mirrored(2))}
    if config["use_bias"]:
        weights["bias"] = WeightTarget(inner, "bias")
    return _after_one_another([pad, inner], weights, blueprint)


def _after_one_another(layers: list[Any], weights: dict[str, WeightTarget], blueprint: Blueprint) -> Composition:
    """The layers one after the other, as a model for inputs of any size."""
    rank = len(blueprint.like.shape)
    first = blueprint.config["data_format"] == "channels_first"
    sizes = range(2, rank) if first else range(1, rank - 1)
    return Composition(as_model(blueprint, lambda x: _channels_last(x, layers, blueprint), sizes), weights)


def _plain(blueprint: Blueprint) -> dict[str, Any]:
    return dict(blueprint.config) | {"padding": "valid", "data_format": "channels_last"}


def _around(blueprint: Blueprint) -> Any:
    """Zeros before and after each axis: the kernel's extent minus one, less what padding "same" would have added."""
    config = blueprint.config
    spans = [rate * (size - 1) for rate, size in zip(config["dilation_rate"], config["kernel_size"])]
    if config["padding"] == "valid":
        return [(span, span) for span in spans]
    return [(span - span // 2, span // 2) for span in spans]


def _channels_last(x: Any, layers: list[Any], blueprint: Blueprint) -> Any:
    """The layers one after the other, with channels last as a CPU needs them."""
    from keras import ops

    first = blueprint.config["data_format"] == "channels_first"
    x = ops.moveaxis(x, 1, -1) if first else x
    for layer in layers:
        x = layer(x)
    return ops.moveaxis(x, -1, 1) if first else x
