"""`keras.activations`: those of Keras 2.15 by name, and those that are written out behind the layer."""

from __future__ import annotations

from translation.keras3_to_2.verbs import BackRule

KIND = "activations"

_SAME = (
    "elu exponential gelu leaky_relu linear log_softmax mish relu relu6 selu sigmoid silu softmax softplus softsign "
    "swish tanh"
)
# Under another name, and the same function at its default.
_RENAMED = {"celu": "elu"}
# What Keras 2.15 lacks, or has another function for: `exporter/rollback/activations.py` writes it out.
_WRITTEN_OUT = (
    "glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh log_sigmoid soft_shrink sparse_plus sparse_sigmoid "
    "squareplus tanh_shrink"
)

RULES = (
    *(BackRule(name) for name in _SAME.split()),
    *(BackRule(name, becomes=old) for name, old in _RENAMED.items()),
    *(BackRule(name, calls=("activation",)) for name in _WRITTEN_OUT.split()),
    BackRule(
        "sparsemax",
        refused="Keras 2.15 has no sparsemax",
        instead="use softmax, train the model again, and save it",
    ),
    BackRule(
        "threshold",
        refused="Keras 2.15 has no activation threshold",
        instead="use a ReLU layer with its threshold, and save the model again",
    ),
)
