"""`keras.layers`, merging: two or more tensors into one.

Keras 2 merges the masks of its inputs in another way than Keras 3, so a call goes through a decomposition.
"""

from __future__ import annotations

from translation.evidence import Config, Example, SilentChange, keras2, keras3
from translation.verbs import RAGGED, SPARSE, Decision, Rule, custom, same

KIND = "layers"

_MERGED_MASKS = SilentChange(
    before="the result keeps what all masks keep; an input without one keeps everything",
    after="it keeps what any mask keeps, and everything if an input has none; some layers leave masked values out",
    difference=(
        "the mean over two merged sequences, one of them padded: Add **5.0** → **6.0**, Maximum **3.5** → **5.0**, "
        "Minimum **1.5** → **3.7**, Multiply **5.5** → **6.3**"
    ),
    answer="masks are joined in the graph, and everything behind the layer sees the joined one",
    measure="merged_masks",
)
_MISPLACED_SUMMANDS = SilentChange(
    before="summands broadcast",
    after="one that is long in one axis alone is added as a bias along the second or last axis, if that is as long",
    difference="the shape of the sum of two tensors, (1, 3, 1) and (1, 1, 3): **(1, 3, 3)** → **(1, 3, 1)**",
    answer="where sizes allow for it, all summands are given one shape before the layer",
    measure="misplaced_summands",
)
_CONCATENATED_MASKS = SilentChange(
    before="along the last axis, the result keeps what all masks keep",
    after="it keeps what any mask keeps",
    difference="the mean over a padded sequence beside another: **1.5** → **1.0**, and **3.5** → **5.0**",
    answer="masks are joined in the graph, and everything behind the layer sees the joined one",
    measure="concatenated_masks",
)
_SHORT_VECTORS = SilentChange(
    before="divides by the norm, but by no less than 1e-6",
    after="divides by no less than 1e-7",
    difference="a vector of length 2.5e-7 with itself: **0.0625** → **1.0000**",
    answer="normalised before the layer, with Keras 2's floor for the norm",
    measure="dot_of_short_vectors",
)

_ELEMENTWISE = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
_SUMS = ("Add", "Average")


def _normalize(config: Config) -> Decision:
    if not config["normalize"]:
        return Decision()
    text = "normalize=True: the norm has a floor of 1e-6 in Keras 2 and of 1e-7 in Keras 3, so it is written out"
    return Decision(change=("semantic", text), decomposition="normalized_dot")


RULES = (
    *(
        Rule(
            name,
            decomposition="merge_masks",
            source=keras2("layers/merging/base_merge.py", "compute_mask is AND, not OR"),
            quiet=(_MERGED_MASKS, _MISPLACED_SUMMANDS) if name in _SUMS else (_MERGED_MASKS,),
            takes=RAGGED | SPARSE if name == "Multiply" else RAGGED,
        )
        for name in _ELEMENTWISE
    ),
    Rule(
        "Concatenate",
        same("axis"),
        decomposition="concatenate_masks",
        source=keras3("layers/merging/concatenate.py"),
        quiet=(_CONCATENATED_MASKS,),
        takes=RAGGED | SPARSE,
    ),
    Rule(
        "Dot",
        same("axes") + custom("normalize", _SHORT_VECTORS.answer, _normalize),
        source=keras3("layers/merging/dot.py"),
        examples=(
            Example({"axes": -1, "normalize": True}, {"axes": -1}, ((4,), (4,))),
            Example({"axes": [1, 2], "normalize": True}, {"axes": [1, 2]}, ((4, 3), (2, 4))),
            Example({"axes": [-1, 1]}, {"axes": [-1, 1]}, ((2, 4), (4, 3))),
        ),
        quiet=(_SHORT_VECTORS,),
    ),
)
