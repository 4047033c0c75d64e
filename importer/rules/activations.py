"""`keras.activations`: functions named by a string in a config."""

from __future__ import annotations

from importer.rules.verbs import Quiet, Rule

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
        quiet=(
            Quiet(
                before="`clip(0.2 x + 0.5, 0, 1)`",
                after="`relu6(x + 3) / 6`",
                difference="up to **0.083**, at ±2.5; as gates, for three steps, a GRU **0.091** and an LSTM **0.028**",
                answer="wherever it stands, a small model of Keras 2's formula takes its place",
                measure="hard_sigmoid",
            ),
        ),
    ),
)
