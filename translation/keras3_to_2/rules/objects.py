"""`keras.initializers`: they matter only if training starts again."""

from __future__ import annotations

from translation.keras3_to_2.verbs import BackRule, kept, left_out

KIND = "initializers"

_SCALING = "GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform VarianceScaling"
_FANS = "Keras 2.15 counts the inputs and outputs of a weight by its shape"
_FRESH = "the weights are stored, and Keras 2.15 has no such initializer"

RULES = (
    *(BackRule(name, left_out("input_axes output_axes", why=_FANS, kind="training-only")) for name in _SCALING.split()),
    BackRule("Identity", kept("gain")),
    BackRule("IdentityInitializer", kept("gain"), becomes="Identity"),
    BackRule("OrthogonalInitializer", kept("gain seed"), becomes="Orthogonal"),
    BackRule(
        "STFT",
        refused="Keras 2.15 has no initializer of Fourier transforms",
        instead="give the layer another initializer in Keras 3, load the weights, and save the model again",
    ),
)
