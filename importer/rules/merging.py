"""`keras.layers`, merging: two or more tensors into one.

Keras 2 merges the masks of its inputs in another way than Keras 3, so a call goes through a graph rule.
"""

from __future__ import annotations

from importer.rules.verbs import Config, Decision, Example, Rule, custom, same

KIND = "layers"

_ELEMENTWISE = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")


def _normalize(config: Config) -> Decision:
    if not config["normalize"]:
        return Decision()
    text = "normalize=True: the norm has a floor of 1e-6 in Keras 2 and of 1e-7 in Keras 3, so it is written out"
    return Decision(change=("semantic", text), native="unit_norm")


RULES = (
    *(
        Rule(name, native="merge_masks", source="layers/merging/base_merge.py: compute_mask is AND, not OR")
        for name in _ELEMENTWISE
    ),
    Rule("Concatenate", same("axis"), native="concatenate_masks", source="layers/merging/concatenate.py"),
    Rule(
        "Dot",
        same("axes")
        + custom("normalize", "normalised before the layer, with Keras 2's floor for the norm", _normalize),
        source="layers/merging/dot.py",
        examples=(
            Example({"axes": -1, "normalize": True}, {"axes": -1}, ((4,), (4,))),
            Example({"axes": [1, 2], "normalize": True}, {"axes": [1, 2]}, ((4, 3), (2, 4))),
            Example({"axes": [-1, 1]}, {"axes": [-1, 1]}, ((2, 4), (4, 3))),
        ),
    ),
)
