"""`keras.constraints`: projections of weights in training alone."""

from __future__ import annotations

from translation.evidence import keras2
from translation.verbs import Rule, same

KIND = "constraints"

RULES = (
    Rule("MaxNorm", same("max_value axis")),
    Rule("MinMaxNorm", same("min_value max_value rate axis")),
    Rule("NonNeg"),
    Rule(
        "RadialConstraint",
        source=keras2("constraints.py", "removed"),
        dropped="Keras 3 has no such constraint, and inference does not need one",
    ),
    Rule("UnitNorm", same("axis")),
    Rule(
        "Constraint",
        refused="a base class, which has no values of its own",
        instead="use a concrete constraint, and save the model again",
    ),
)
