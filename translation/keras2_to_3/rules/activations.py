"""`keras.activations`: functions named by a string in a config."""

from __future__ import annotations

from translation.evidence import SilentChange, addons, keras3
from translation.verbs import Rule

KIND = "activations"

_SAME = (
    "elu exponential gelu leaky_relu linear log_softmax mish relu relu6 selu sigmoid silu softmax softplus "
    "softsign swish tanh"
)

# What TensorFlow Addons registered and Keras 3 has, some under other names.
_ADDONS = {
    "mish": "mish",
    "hardshrink": "hard_shrink",
    "softshrink": "soft_shrink",
    "tanhshrink": "tanh_shrink",
}

RULES = (
    *(Rule(name) for name in _SAME.split()),
    *(Rule(f"Addons>{old}", becomes=new, source=addons(f"activations/{old}.py")) for old, new in _ADDONS.items()),
    Rule(
        "Addons>gelu",
        decomposition="tanh_gelu",
        source=addons("activations/gelu.py", "the approximation by tanh, which is its default"),
    ),
    Rule(
        "Addons>sparsemax",
        decomposition="sparsemax",
        source=addons("activations/sparsemax.py", "that of Keras 3.15 adds up sums, and is no sparsemax"),
    ),
    Rule("Addons>lisht", decomposition="lisht", source=addons("activations/lisht.py", "x tanh(x)")),
    Rule("Addons>snake", decomposition="snake", source=addons("activations/snake.py", "x + (1 - cos(2 x)) / 2")),
    Rule(
        "Addons>rrelu",
        decomposition="rrelu",
        source=addons("activations/rrelu.py", "at inference a leaky ReLU with the mean of its slopes"),
    ),
    Rule(
        "hard_sigmoid",
        decomposition="hard_sigmoid",
        source=keras3("activations/activations.py", "clip(0.2 x + 0.5, 0, 1) became relu6(x + 3) / 6"),
        quiet=(
            SilentChange(
                before="`clip(0.2 x + 0.5, 0, 1)`",
                after="`relu6(x + 3) / 6`",
                difference="up to **0.083**, at ±2.5; as gates, for three steps, a GRU **0.091** and an LSTM **0.028**",
                answer="replaced by a small model with Keras 2's formula",
                measure="hard_sigmoid",
            ),
        ),
    ),
)
