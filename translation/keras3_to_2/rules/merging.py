"""`keras.layers`, merging: Keras 3 joins the masks of its inputs in another way."""

from __future__ import annotations

from translation.keras3_to_2.verbs import BackRule, kept

KIND = "layers"

RULES = (
    *(
        BackRule(name, calls=("merge_masks",))
        for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
    ),
    BackRule("Dot", kept("normalize"), calls=("normalized_dot",)),
)
