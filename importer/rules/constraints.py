"""`keras.constraints`: projections of weights in training alone."""

from __future__ import annotations

from importer.rules.verbs import Rule, same

KIND = "constraints"

RULES = (
    Rule("MaxNorm", same("max_value axis")),
    Rule("MinMaxNorm", same("min_value max_value rate axis")),
    Rule("NonNeg"),
    Rule("UnitNorm", same("axis")),
)
