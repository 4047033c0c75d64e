"""`keras.layers`, normalization: batch, layer, group, spectral."""

from __future__ import annotations

from typing import Any

from translation.evidence import Config, Example, SilentChange, keras2, keras3
from translation.keras2_to_3.rules.layers.layouts import axes_lost, wrapped
from translation.verbs import RAGGED, Decision, Rule, Verb, custom, drop, ignore, same

KIND = "layers"

_AFFINE = (
    "center scale epsilon beta_initializer gamma_initializer beta_regularizer gamma_regularizer "
    "beta_constraint gamma_constraint"
)

_INNER = {"class_name": "Conv2D", "config": {"name": "inner", "filters": 2, "kernel_size": [2, 2]}}
_EMBEDDING = {"class_name": "Embedding", "config": {"name": "inner", "input_dim": 9, "output_dim": 2}}

_MOVING_VARIANCE = SilentChange(
    before="on images and volumes, training moves `moving_variance` towards n / (n - 1) times the variance of a batch",
    after="towards the variance itself",
    difference="8 values for each channel: **1.143** times as far",
    answer="kept as Keras 3 has it: only further training is touched, and the report counts the layers",
    measure="moving_variance",
)
_TRAINING_IN_THE_CALL = SilentChange(
    before="`training=True` in the call holds whenever the model runs",
    after="the model overrules it",
    difference="1 beside 3, in a layer that has learned nothing: **-1.00** → **1.00**",
    answer="written out: normalised by the mean and variance of each batch",
    measure="training_in_the_call",
)
_WRAPPED = SilentChange(
    before="gives what the wrapped layer gives",
    after="casts that to the dtype of the input",
    difference="around an Embedding of halves: **0.5** → **0.0**",
    answer="the input is cast before the layer",
    measure="spectral_normalization",
)
_LARGE_MEAN = SilentChange(
    before="takes the mean off before it divides",
    after="divides before it takes the mean off, which costs the digits a large mean takes",
    difference="the larger of 1000 and 1000.001: **0.0154** → **0.0137**",
    answer="written out in the order of Keras 2 where the input is the model's own; inside a model means are small",
    measure="large_mean",
)
_AXES_OF_ROWS = axes_lost(
    "1 among 1, 2, 3, 4, without gamma and beta: **-1.34** → **-1.00**", "axes_of_layer_normalization"
)
_AXES_OF_UNITS = axes_lost("2 x 2 ones: **0.50** → **0.71** each", "axes_of_unit_normalization")
_SHORT_VECTORS = SilentChange(
    before="divides by the norm, but by no less than 1e-6",
    after="divides by no less than 1e-12",
    difference="a vector of length 2.5e-7: length **0.25** → **1.00**",
    answer="written out with Keras 2's floor for the norm",
    measure="short_vectors",
)


def _axes(config: Config) -> Decision:
    """With virtual batches Keras 2 counts an axis that it adds itself, and its weights have all axes."""
    virtual = config.get("virtual_batch_size") is not None
    axis: Any = config["axis"]
    composed = "batch_norm_axes" if virtual else None
    if not isinstance(axis, (list, tuple)):
        return Decision({"axis": axis}, composed=composed)
    axes = [number - 1 for number in axis] if virtual else list(axis)
    if len(axes) == 1:
        told = ("structural", f"axis={list(axis)} is written {axes[0]}")
        return Decision({"axis": axes[0]}, told, composed=composed)
    return Decision({"axis": axes}, composed="batch_norm_axes")


def _batch_normalization() -> tuple[Verb, ...]:
    why = "Keras 3 normalises whole batches in training; inference is not touched"
    return (
        same(f"momentum moving_mean_initializer moving_variance_initializer {_AFFINE}")
        + same("renorm renorm_clipping renorm_momentum")
        + custom("axis", "a list of one axis is unwrapped, several are folded into one", _axes)
        + ignore("virtual_batch_size", kind="training-only", why=why)
        + drop("adjustment", None, why="it was removed")
    )


RULES = (
    Rule(
        "BatchNormalization",
        _batch_normalization() + same("synchronized"),
        decomposition="keep_mask",
        source=keras3("layers/normalization/batch_normalization.py"),
        examples=(
            Example({"axis": [1]}, {"axis": 1}, ((6, 3),)),
            Example({"axis": [1, 3], "scale": False}, {"axis": [1, 3]}, ((4, 5, 3),)),
            Example({"axis": [1, 2], "epsilon": 0.1}, {"axis": [1, 2]}, ((4, 3),)),
            Example({"axis": [1, 3], "renorm": True}, {"axis": [1, 3]}, ((4, None, 3),)),
            Example({"virtual_batch_size": 2, "center": False}, {}, ((4, 5, 3),)),
        ),
        quiet=(_MOVING_VARIANCE, _TRAINING_IN_THE_CALL),
    ),
    Rule(
        "SyncBatchNormalization",
        _batch_normalization(),
        becomes="BatchNormalization",
        sets={"synchronized": True},
        decomposition="keep_mask",
        source=keras3("layers/normalization/batch_normalization.py", "an argument instead of a class"),
        examples=(Example({"axis": [-1], "momentum": 0.5}, {"axis": -1, "synchronized": True}, ((6, 3),)),),
    ),
    Rule(
        "SpectralNormalization",
        wrapped() + same("power_iterations"),
        # Around an Embedding, Keras 3 would cast what comes out to the integers that went in.
        decomposition="cast_inputs",
        source=keras3("layers/normalization/spectral_normalization.py", "the output is cast to the input's dtype"),
        examples=(
            Example({"layer": _INNER, "power_iterations": 2}, {"power_iterations": 2}, ((4, 5, 3),)),
            Example({"layer": _EMBEDDING}, {}, ((4,),), "int32"),
        ),
        quiet=(_WRAPPED,),
    ),
    Rule(
        "LayerNormalization",
        same(f"axis {_AFFINE}"),
        composed="exact_layer_norm",
        decomposition="keep_mask",
        takes=RAGGED,
        source=keras3("ops/nn.py", "x * inv - mean * inv loses the digits of a large mean"),
        examples=(
            Example({"axis": -1}, {"axis": -1}, ((6,),)),
            Example({"axis": [1, 2], "epsilon": 0.01}, {"axis": [1, 2]}, ((4, 3),)),
            Example({"axis": 1, "center": False}, {"axis": 1}, ((4, 3),)),
            Example({"axis": [3, 1]}, {"axis": [3, 1]}, ((4, 5, 3),)),
        ),
        quiet=(_LARGE_MEAN, _AXES_OF_ROWS),
    ),
    Rule(
        "GroupNormalization",
        same(f"groups axis {_AFFINE}"),
        composed="half_normalization",
        decomposition="keep_mask",
        source=keras3(
            "layers/normalization/group_normalization.py", "the same, but that it computes halves in float32"
        ),
        examples=(
            Example({"groups": 2, "axis": 1, "epsilon": 0.01}, {"groups": 2, "axis": 1}, ((4, 3),)),
            Example({"groups": -1, "scale": False}, {"groups": -1}, ((4, 3),)),
        ),
    ),
    Rule(
        "UnitNormalization",
        same("axis"),
        composed="unit_norm",
        decomposition="keep_mask",
        source=keras2(
            "layers/normalization/unit_normalization.py", "tf.linalg.l2_normalize, with a floor of 1e-6 for the norm"
        ),
        examples=(Example({"axis": 1}, {}, ((4, 3),)), Example({"axis": [1, 2]}, {}, ((4, 3),))),
        quiet=(_SHORT_VECTORS, _AXES_OF_UNITS),
    ),
)
