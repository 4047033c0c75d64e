"""`keras.layers`, regularization: layers that act in training alone."""

from __future__ import annotations

from translation.verbs import RAGGED, SPARSE, Rule, Verb, ignore, same

KIND = "layers"


def _inherited() -> tuple[Verb, ...]:
    why = "inherited by Keras 2.15 from Dropout; the layer drops whole channels, whatever it says"
    return ignore("noise_shape", kind="structural", why=why)


RULES = (
    Rule("ActivityRegularization", same("l1 l2")),
    Rule("AlphaDropout", same("rate noise_shape seed")),
    Rule("Dropout", same("rate noise_shape seed"), takes=RAGGED | SPARSE),
    Rule("GaussianDropout", same("rate seed")),
    Rule("GaussianNoise", same("stddev seed"), takes=SPARSE),
    *(Rule(f"SpatialDropout{rank}D", same("rate data_format seed") + _inherited()) for rank in (1, 2, 3)),
)
