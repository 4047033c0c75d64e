"""`keras.layers`, normalization and the activations that are layers."""

from __future__ import annotations

from translation.keras3_to_2.verbs import BackRule, kept, only, renamed

KIND = "layers"

_CENTERED = "use LayerNormalization with its defaults, train the model again, and save it"

RULES = (
    BackRule("BatchNormalization", kept("axis")),
    BackRule(
        "LayerNormalization",
        only("rms_scaling", False, why="it divides by the root of the mean square", unblock=_CENTERED),
    ),
    BackRule(
        "RMSNormalization",
        refused="Keras 2.15 has no RMS normalization",
        instead=_CENTERED,
    ),
    BackRule("GroupNormalization", calls=("unmasked",)),
    BackRule("SpectralNormalization", kept("layer")),
    BackRule("UnitNormalization", calls=("unit_normalization",)),
    BackRule("LeakyReLU", renamed("negative_slope", "alpha")),
    BackRule("ReLU", kept("threshold")),
    BackRule("Softmax", calls=("softmax_mask",)),
    BackRule("Normalization", kept("mean variance")),
)
