"""`keras.layers`, regularization: layers that act in training alone."""

from __future__ import annotations

from importer.rules.verbs import Rule, same

KIND = "layers"

RULES = (
    Rule("ActivityRegularization", same("l1 l2")),
    Rule("AlphaDropout", same("rate noise_shape seed")),
    Rule("Dropout", same("rate noise_shape seed")),
    Rule("GaussianDropout", same("rate seed")),
    Rule("GaussianNoise", same("stddev seed")),
    Rule("SpatialDropout1D", same("rate seed")),
    Rule("SpatialDropout2D", same("rate data_format seed")),
    Rule("SpatialDropout3D", same("rate data_format seed")),
)
