"""`keras.activations`: functions named by a string in a config."""

from __future__ import annotations

from importer.rules.verbs import Rule

KIND = "activations"

_SAME = (
    "elu exponential gelu leaky_relu linear log_softmax mish relu relu6 selu sigmoid silu softmax softplus "
    "softsign swish tanh"
)

RULES = (
    *(Rule(name) for name in _SAME.split()),
    Rule(
        "hard_sigmoid",
        native="hard_sigmoid",
        source="activations/activations.py: clip(0.2 x + 0.5, 0, 1) became relu6(x + 3) / 6",
    ),
)
