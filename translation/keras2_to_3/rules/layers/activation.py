"""`keras.layers`, activation: the activation functions that are layers."""

from __future__ import annotations

from translation.evidence import Config, Example, SilentChange, keras2, keras3
from translation.keras2_to_3.rules.layers.layouts import axes_lost
from translation.verbs import RAGGED, Decision, Rule, custom, rename, same

KIND = "layers"

_ALL_MASKED = SilentChange(
    before="where a mask covers a whole row, its shares are equal",
    after="they are zero",
    difference="four masked scores: **0.25** → **0.00** each",
    answer="masked scores are lowered before the layer, as Keras 2 does",
    measure="masked_softmax",
)

_NAN_BELOW = SilentChange(
    before="with a threshold, NaN stays NaN",
    after="it becomes zero",
    difference="`threshold=0.5` of NaN: **nan** → **0.0**",
    answer="written out as Keras 2 multiplies: by one above the threshold, by zero elsewhere",
    measure="nan_below_a_threshold",
)


def _threshold(config: Config) -> Decision:
    return Decision({"threshold": config["threshold"]}, composed="thresholded" if config["threshold"] else None)


RULES = (
    Rule("ELU", same("alpha")),
    Rule(
        "LeakyReLU",
        rename("alpha", "negative_slope"),
        source=keras3("layers/activations/leaky_relu.py"),
        takes=RAGGED,
        examples=(Example({"alpha": 0.2}, {"negative_slope": 0.2}),),
    ),
    Rule("PReLU", same("alpha_initializer alpha_regularizer alpha_constraint shared_axes")),
    Rule(
        "ReLU",
        same("max_value negative_slope") + custom("threshold", "written out, because NaN stays NaN", _threshold),
        decomposition="keep_mask",
        takes=RAGGED,
        source=keras3("activations/activations.py", "where(x > threshold, x, 0), and not x * (x > threshold)"),
        examples=(Example({"threshold": 0.7, "max_value": 2.0, "negative_slope": 0.1}, {"threshold": 0.7}),),
        quiet=(_NAN_BELOW,),
    ),
    Rule(
        "Softmax",
        same("axis"),
        decomposition="masked_softmax",
        takes=RAGGED,
        source=keras2("layers/activation/softmax.py", "a large negative number is added where the mask is false"),
        examples=(
            Example({"axis": 1}, {"axis": 1}, ((4, 3),)),
            Example({"axis": [1, 2]}, {"axis": [1, 2]}, ((4, 3),)),
        ),
        quiet=(_ALL_MASKED, axes_lost("2 x 2 shares sum to **1** → **2**", "axes_of_softmax")),
    ),
    Rule(
        "ThresholdedReLU",
        rename("theta", "threshold"),
        becomes="ReLU",
        composed="thresholded",
        decomposition="keep_mask",
        source=keras2("layers/activation/thresholded_relu.py", "x * (x > theta), so NaN stays NaN"),
        examples=(Example({"theta": 0.7}, {"threshold": 0.7}), Example({"theta": 0.0}, {"threshold": 0.0})),
    ),
)
