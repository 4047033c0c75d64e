"""`keras.layers`, activation: the activation functions that are layers."""

from __future__ import annotations

from importer.rules.verbs import Example, Rule, rename, same

KIND = "layers"

RULES = (
    Rule("ELU", same("alpha")),
    Rule(
        "LeakyReLU",
        rename("alpha", "negative_slope"),
        source="layers/activations/leaky_relu.py",
        examples=(Example({"alpha": 0.2}, {"negative_slope": 0.2}),),
    ),
    Rule("PReLU", same("alpha_initializer alpha_regularizer alpha_constraint shared_axes")),
    Rule("ReLU", same("max_value negative_slope threshold")),
    Rule("Softmax", same("axis")),
)
