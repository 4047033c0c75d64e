"""`keras.layers`, convolutional: plain, transposed, depthwise and separable convolutions."""

from __future__ import annotations

from translation.evidence import Config, Example, keras2, keras3
from translation.keras2_to_3.rules.layers.layouts import channels
from translation.verbs import Decision, Rule, Verb, custom, drop, ignore, same

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
        decomposition="batch_axes",
        source=keras2("layers/convolutional/base_conv.py", "Keras 2 takes more than one batch axis"),
        examples=(
            Example({"filters": 2, "kernel_size": 3}, {"filters": 2}, ((6,) * rank + (2,),)),
            Example({"filters": 2, "kernel_size": 3}, {"filters": 2}, ((4, *(6,) * rank, 2),)),
        ),
    )


def _constraint(axes: list[int]) -> Config:
    return {"class_name": "MaxNorm", "config": {"max_value": 2.0, "axis": axes}}


def _transpose(rank: int) -> Rule:
    plain, inputs = {"filters": 2, "kernel_size": 3}, ((*(6, 7, 5)[:rank], 2),)
    dilated = (
        Example(plain | {"dilation_rate": [2, 2], "padding": "same"}, {"dilation_rate": [2, 2]}, inputs),
        Example(plain | {"dilation_rate": [2, 2], "kernel_size": (2, 4), "padding": "same"}, {}, inputs),
        Example(plain | {"dilation_rate": [3, 3], "use_bias": False, "output_padding": [0, 0]}, {}, inputs),
        Example(plain | {"dilation_rate": [2, 2], "kernel_constraint": _constraint([0, 1, 3])}, {}, inputs),
        Example(plain | {"dilation_rate": [2, 2], "data_format": "channels_first"}, {}, ((2, 6, 7),)),
        # The others with channels first do not run on a CPU in Keras 2 either.
        Example(plain | {"data_format": "channels_first"}, {"data_format": "channels_last"}, ((2, 6, 7),)),
    )
    keys = _SHAPE.replace(" dilation_rate", "")
    return Rule(
        f"Conv{rank}DTranspose",
        same(f"filters output_padding {keys} {_TAIL} kernel_initializer kernel_regularizer")
        + custom("dilation_rate", "a plain convolution with the kernel flipped", _dilation)
        + custom("kernel_constraint", "along the axes where the kernel has them", _turned_constraint)
        + channels(composed=_is_dilated)
        + _one_group(),
        source=keras3("layers/convolutional/base_conv_transpose.py", "TensorFlow has no dilated gradient on CPU"),
        examples=(Example(plain | {"strides": 2}, plain, inputs), *(dilated if rank == 2 else ())),
    )


def _is_dilated(config: Config) -> bool:
    return any(rate != 1 for rate in config.get("dilation_rate", ()))


def _dilation(config: Config) -> Decision:
    settings = {"dilation_rate": config["dilation_rate"]}
    if not _is_dilated(config):
        return Decision(settings)
    if len(config["dilation_rate"]) != 2:
        return Decision(
            refusal="Keras 2.15 does not dilate transposed convolutions of other than two dimensions on a CPU"
        )
    return Decision(settings, composed="padded_convolution")


def _turned_constraint(config: Config) -> Decision:
    """The kernel of a plain convolution has the last two axes, inputs and outputs, the other way around."""
    value = config["kernel_constraint"]
    if value is None or not _is_dilated(config) or "axis" not in value["config"]:
        return Decision({"kernel_constraint": value})
    axis = value["config"]["axis"]
    exchanged = {2: 3, 3: 2}
    axes = [exchanged.get(number % 4, number % 4) for number in (axis if isinstance(axis, list) else [axis])]
    return Decision({"kernel_constraint": {**value, "config": {**value["config"], "axis": axes}}})


def _depthwise(rank: int) -> Rule:
    return Rule(
        f"DepthwiseConv{rank}D",
        same(f"{_SHAPE} {_TAIL} {_DEPTHWISE}") + channels() + _one_group() + _inherited_kernel(),
        source=keras2("layers/convolutional/base_depthwise_conv.py"),
        examples=(Example({"kernel_size": 3, "depth_multiplier": 2}, {"depth_multiplier": 2}, ((6,) * rank + (2,),)),),
        variables={"depthwise_kernel": "kernel"},
    )


def _separable(rank: int) -> Rule:
    plain, inputs = {"filters": 3, "kernel_size": 3}, ((6,) * rank + (2,),)
    causal = plain | {"padding": "causal"}
    examples = (
        Example(causal | {"dilation_rate": 2, "depth_multiplier": 2}, {"padding": "causal"}, inputs),
        Example(causal | {"strides": 2, "use_bias": False, "activation": "hard_sigmoid"}, {}, inputs),
    )
    keys = _SHAPE.replace(" padding", "")
    return Rule(
        f"SeparableConv{rank}D",
        same(f"filters {keys} {_TAIL} {_DEPTHWISE} {_POINTWISE}")
        + custom("padding", "causal is zeros in front", _padding)
        + channels(composed=_is_causal)
        + (_one_group() + _inherited_kernel()),
        source=keras3("layers/convolutional/base_separable_conv.py", "causal padding was lost"),
        examples=(Example(plain, plain, inputs), *(examples if rank == 1 else ())),
    )


def _is_causal(config: Config) -> bool:
    return config.get("padding") == "causal"


def _padding(config: Config) -> Decision:
    return Decision({"padding": config["padding"]}, composed="padded_convolution" if _is_causal(config) else None)


RULES = (
    *(_conv(rank) for rank in (1, 2, 3)),
    *(_transpose(rank) for rank in (1, 2, 3)),
    *(_depthwise(rank) for rank in (1, 2)),
    *(_separable(rank) for rank in (1, 2)),
)
