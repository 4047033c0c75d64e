"""Keys that many layers share: how axes are laid out, along which a layer works, and what is wrapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from translation.evidence import Config, SilentChange
from translation.verbs import Decision, Verb, custom


def axes_lost(difference: str, measure: str) -> SilentChange:
    """What becomes of several axes where Keras 3 opens the file itself."""
    return SilentChange(
        before="works along every axis of a list",
        after="opening an `.h5`, drops a list of several without a warning: the last axis remains",
        difference=difference,
        answer="every axis is kept, because keras2to3 reads the architecture itself",
        measure=measure,
    )


def _never(_: Config) -> bool:
    return False


def channels(composed: Callable[[Config], bool] = _never) -> tuple[Verb, ...]:
    """`data_format` of a convolution: channels first cannot run on a CPU in Keras 3, so axes are moved around it.

    A layer that is `composed` with such a config moves them itself.
    """

    def decide(config: Config) -> Decision:
        if config["data_format"] != "channels_first" or composed(config):
            return Decision({"data_format": config["data_format"]})
        change = ("structural", "data_format='channels_first' became transposes around channels last")
        return Decision({"data_format": "channels_last"}, change, decomposition="channels_first")

    return custom("data_format", "channels first are moved around the layer", decide)


def wrapped() -> tuple[Verb, ...]:
    """The `layer` of a wrapper."""

    def decide(config: Config) -> Decision:
        layer: Any = config["layer"]
        return Decision({"layer": layer}, refusal=of_two_dtypes(config))

    return custom("layer", "same, of the wrapper's own dtype", decide)


def of_two_dtypes(config: Config) -> str | None:
    """Why a wrapper is refused: Keras 2 gives what its layer gives, Keras 3 casts that to the wrapper's dtype."""
    layer: Any = config["layer"]
    inner, outer = (layer.get("config") or {}).get("dtype"), config.get("dtype")
    if inner == outer or None in (inner, outer):
        return None
    return f"the layer in it computes in {inner}, and Keras 3 would cast that to the wrapper's {outer}"
