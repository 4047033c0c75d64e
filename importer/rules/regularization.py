"""`keras.layers`, regularization: layers that act in training alone."""

from __future__ import annotations

from importer.rules.verbs import RAGGED, SPARSE, Rule, Verb, drop, same

KIND = "layers"


def _inherited() -> tuple[Verb, ...]:
    return drop("noise_shape", None, why="inherited by Keras 2.15 from Dropout, which the layer decides itself")


RULES = (
    Rule("ActivityRegularization", same("l1 l2")),
    Rule("AlphaDropout", same("rate noise_shape seed")),
    Rule("Dropout", same("rate noise_shape seed"), takes=RAGGED | SPARSE),
    Rule("GaussianDropout", same("rate seed")),
    Rule("GaussianNoise", same("stddev seed"), takes=SPARSE),
    *(Rule(f"SpatialDropout{rank}D", same("rate data_format seed") + _inherited()) for rank in (1, 2, 3)),
)
