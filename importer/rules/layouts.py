"""Keys that many layers share and that say how axes are laid out, or along which a layer works."""

from __future__ import annotations

from collections.abc import Callable

from importer.rules.verbs import Config, Decision, Quiet, Verb, custom


def axes_lost(difference: str, measure: str) -> Quiet:
    """What becomes of several axes where Keras 3 opens the file itself."""
    return Quiet(
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
        return Decision({"data_format": "channels_last"}, change, native="channels_first")

    return custom("data_format", "channels first are moved around the layer", decide)
