"""`keras.regularizers`: penalties in training alone."""

from __future__ import annotations

from translation.verbs import Rule, same

KIND = "regularizers"

RULES = (
    Rule("L1", same("l1")),
    Rule("L2", same("l2")),
    Rule("L1L2", same("l1 l2")),
    Rule("OrthogonalRegularizer", same("factor mode")),
    Rule(
        "Regularizer",
        refused="a base class, which has no values of its own",
        instead="use a concrete regularizer, and save the model again",
    ),
)
