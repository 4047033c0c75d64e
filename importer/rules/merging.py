"""`keras.layers`, merging: two or more tensors into one.

Keras 2 merges the masks of its inputs in another way than Keras 3, so a call goes through a graph rule.
"""

from __future__ import annotations

from importer.rules.verbs import Rule, refuse, same

KIND = "layers"

_ELEMENTWISE = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")

RULES = (
    *(
        Rule(name, native="merge_masks", source="layers/merging/base_merge.py: compute_mask is AND, not OR")
        for name in _ELEMENTWISE
    ),
    Rule("Concatenate", same("axis"), native="concatenate_masks", source="layers/merging/concatenate.py"),
    Rule(
        "Dot",
        same("axes") + refuse("normalize", False, why="the norm has a floor of 1e-6 in Keras 2 and of 1e-7 in Keras 3"),
        source="layers/merging/dot.py",
    ),
)
