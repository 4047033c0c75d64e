"""`keras.layers`, convolutional: plain, transposed, depthwise and separable convolutions."""

from __future__ import annotations

from importer.rules.layouts import channels
from importer.rules.verbs import Example, Rule, Verb, drop, ignore, refuse, same

KIND = "layers"

_SHAPE = "kernel_size strides padding dilation_rate"
_TAIL = "activation use_bias bias_initializer bias_regularizer bias_constraint activity_regularizer"
_KERNEL = "kernel_initializer kernel_regularizer kernel_constraint"
_DEPTHWISE = "depth_multiplier depthwise_initializer depthwise_regularizer depthwise_constraint"
_POINTWISE = "pointwise_initializer pointwise_regularizer pointwise_constraint"


def _one_group() -> tuple[Verb, ...]:
    return drop("groups", 1, why="inherited by Keras 2.15 from Conv, where it has no effect but at 1")


def _inherited_kernel() -> tuple[Verb, ...]:
    why = "inherited by Keras 2.15 from Conv; the layer has no variable it applies to"
    return ignore(_KERNEL, kind="structural", why=why)


def _conv(rank: int) -> Rule:
    return Rule(
        f"Conv{rank}D",
        same(f"filters groups {_SHAPE} {_TAIL} {_KERNEL}") + channels(),
        native="batch_axes",
        source="layers/convolutional/base_conv.py: Keras 2 takes more than one batch axis",
        examples=(
            Example({"filters": 2, "kernel_size": 3}, {"filters": 2}, ((6,) * rank + (2,),)),
            Example({"filters": 2, "kernel_size": 3}, {"filters": 2}, ((4, *(6,) * rank, 2),)),
        ),
    )


def _transpose(rank: int) -> Rule:
    return Rule(
        f"Conv{rank}DTranspose",
        same(f"filters output_padding {_SHAPE} {_TAIL} {_KERNEL}") + channels() + _one_group(),
        source="layers/convolutional/base_conv_transpose.py",
        examples=(
            Example({"filters": 2, "kernel_size": 3}, {"filters": 2}, ((6,) * rank + (2,),)),
            Example(
                {"filters": 2, "kernel_size": 3, "data_format": "channels_first"},
                {"data_format": "channels_last"},
                ((2, *(6,) * rank),),
            ),
        ),
    )


def _depthwise(rank: int) -> Rule:
    return Rule(
        f"DepthwiseConv{rank}D",
        same(f"{_SHAPE} {_TAIL} {_DEPTHWISE}") + channels() + _one_group() + _inherited_kernel(),
        source="layers/convolutional/base_depthwise_conv.py",
        examples=(Example({"kernel_size": 3, "depth_multiplier": 2}, {"depth_multiplier": 2}, ((6,) * rank + (2,),)),),
        variables={"depthwise_kernel": "kernel"},
    )


def _separable(rank: int) -> Rule:
    padding: tuple[Verb, ...] = same("padding")
    if rank == 1:
        why = "Keras 3's SeparableConv1D has lost causal padding"
        padding = refuse("padding", "valid", "same", why=why)
    keys = _SHAPE.replace(" padding", "")
    return Rule(
        f"SeparableConv{rank}D",
        same(f"filters {keys} {_TAIL} {_DEPTHWISE} {_POINTWISE}")
        + (padding + channels() + _one_group() + _inherited_kernel()),
        source="layers/convolutional/base_separable_conv.py",
        examples=(Example({"filters": 3, "kernel_size": 3}, {"filters": 3}, ((6,) * rank + (2,),)),),
    )


RULES = (
    *(_conv(rank) for rank in (1, 2, 3)),
    *(_transpose(rank) for rank in (1, 2, 3)),
    *(_depthwise(rank) for rank in (1, 2)),
    *(_separable(rank) for rank in (1, 2)),
)
