"""`keras.layers`, convolutional and pooling: channels first cannot run on a CPU in Keras 2.15."""

from __future__ import annotations

from translation.evidence import Config
from translation.keras3_to_2.verbs import Back, BackRule, BackVerb, decided, kept

KIND = "layers"


def _data_format(config: Config) -> Back:
    if config["data_format"] != "channels_first":
        return Back({"data_format": config["data_format"]})
    change = ("structural", "data_format='channels_first' became transposes around channels last")
    return Back({"data_format": "channels_last"}, change, calls=("channels_first",))


def _channels() -> tuple[BackVerb, ...]:
    return decided("data_format", "channels first are moved around the layer", _data_format)


_POOLED = tuple(f"{kind}Pooling{rank}D" for kind in ("Average", "Max") for rank in (1, 2, 3))

RULES = (
    *(BackRule(f"Conv{rank}D", _channels()) for rank in (1, 2, 3)),
    *(BackRule(f"Conv{rank}DTranspose", _channels() + kept("kernel_constraint dilation_rate")) for rank in (1, 2, 3)),
    *(BackRule(f"DepthwiseConv{rank}D", _channels(), variables={"kernel": "depthwise_kernel"}) for rank in (1, 2)),
    *(BackRule(f"SeparableConv{rank}D", _channels() + kept("padding")) for rank in (1, 2)),
    *(BackRule(name, _channels()) for name in _POOLED),
)
