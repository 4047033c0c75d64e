"""`keras.layers`, attention: dot-product, additive and multi-head."""

from __future__ import annotations

from translation.evidence import Config, Example, SilentChange, keras2
from translation.verbs import Decision, Rule, Verb, custom, decompose, ignore, same

KIND = "layers"

_SEQUENCES = ((5, 4), (3, 4))
_OWN_KEY = ((5, 4), (3, 4), (3, 4))
_NARROW = ((5, 4), (3, 2), (3, 4))
_IMAGES = ((3, 5, 4), (2, 5, 4))
_UNBUILT = {"query_shape": None, "key_shape": None, "value_shape": None}
_HEADS = {"num_heads": 2, "key_dim": 3, **_UNBUILT}
_BUILT = {"query_shape": [None, 2, 5, 4], "key_shape": [None, 2, 3, 4], "value_shape": [None, 2, 3, 4]}

_WRITTEN_OUT = "where it matters, attention is written out with the layer's own projections"
_QUIET = (
    SilentChange(
        before="where a mask covers a whole row, its scores are equal",
        after="they are zero, if there is a dropout, if scores are returned, or on more than three axes",
        difference="three masked scores: **0.33** → **0.00** each; the output moves by **0.26**",
        answer=_WRITTEN_OUT,
        measure="masked_attention",
    ),
    SilentChange(
        before="negative `attention_axes` count from the end of the projected tensor, which has an axis more",
        after="they count from the end of the given one",
        difference="**0.55** at (-2,) on a tensor of (1, 2, 3, 4)",
        answer="they are written as the positive numbers they were in Keras 2",
        measure="negative_attention_axes",
    ),
    SilentChange(
        before="`attention_axes` hold for sequences, too",
        after="they are ignored for tensors of three axes",
        difference="**0.36** at (0,), attention within the batch",
        answer=_WRITTEN_OUT,
        measure="attention_axes_of_sequences",
    ),
    SilentChange(
        before="`activity_regularizer` penalises the layer's output",
        after="it penalises what each of the four projections gives",
        difference="an L2 penalty of **0.038** → **0.093**",
        answer="kept as Keras 3 has it: only training is touched, and the report says so",
        measure="attention_penalty",
    ),
)


def _dense(name: str, keys: str, *examples: Example) -> Rule:
    text = "passed in the call, as use_causal_mask"
    return Rule(
        name,
        same(f"use_scale dropout {keys}") + decompose("causal", True, "causal_attention", text),
        source=keras2("layers/attention/base_dense_attention.py"),
        examples=(
            *examples,
            Example({"dropout": 0.5}, {"dropout": 0.5}, _OWN_KEY),
            Example({"causal": True}, {}, _SEQUENCES),
        ),
    )


def _absolute(config: Config) -> Decision:
    """Keras 2 counts a negative axis among the projected axes, of which there is one more, Keras 3 among the given."""
    axes = config["attention_axes"]
    if axes is None or all(axis >= 0 for axis in axes):
        return Decision({"attention_axes": axes})
    shape = config.get("value_shape")
    if shape is None:
        return Decision(refusal="a negative axis means another one in Keras 3, and the config lacks value_shape")
    absolute = [axis % (len(shape) + 1) for axis in axes]
    return Decision({"attention_axes": absolute}, ("semantic", f"attention_axes={axes} is written {absolute}"))


def _regularized(config: Config) -> Decision:
    """Keras 2 penalises what the layer gives, Keras 3 what each of its four projections gives."""
    regularizer = config["activity_regularizer"]
    text = "activity_regularizer penalises the outputs of all four projections, not only that of the layer"
    return Decision({"activity_regularizer": regularizer}, ("training-only", text) if regularizer else None)


def _multi_head() -> tuple[Verb, ...]:
    return (
        same(
            "num_heads key_dim value_dim dropout use_bias output_shape kernel_initializer bias_initializer "
            "kernel_regularizer bias_regularizer kernel_constraint bias_constraint"
        )
        + custom("attention_axes", "negative axes are counted as Keras 2 does", _absolute)
        + custom("activity_regularizer", "on the projections alone", _regularized)
        + ignore("query_shape key_shape value_shape", kind="structural", why="Keras 3 takes shapes from the inputs")
    )


RULES = (
    _dense(
        "Attention",
        "score_mode",
        Example({"use_scale": True}, {"use_scale": True}, _SEQUENCES),
        Example({"score_mode": "concat", "use_scale": True}, {"score_mode": "concat"}, _OWN_KEY),
        Example({"dropout": 0.1}, {"dropout": 0.1}, _NARROW),
    ),
    _dense("AdditiveAttention", "", Example({"use_scale": False}, {"use_scale": False}, _SEQUENCES)),
    Rule(
        "MultiHeadAttention",
        _multi_head(),
        decomposition="multi_head_attention",
        source=keras2(
            "layers/attention/multi_head_attention.py", "masks are added to the scores, and no row is made zero"
        ),
        examples=(
            Example({**_HEADS, "dropout": 0.5, "use_bias": False}, {"use_bias": False}, _SEQUENCES),
            Example({**_HEADS, "value_dim": 5, "output_shape": 6}, {"value_dim": 5, "output_shape": 6}, _NARROW),
            Example({**_HEADS, "output_shape": [2, 3]}, {"output_shape": [2, 3]}, _SEQUENCES),
            Example({**_HEADS, "attention_axes": [2]}, {"attention_axes": [2]}, ((2, 5, 4), (2, 3, 4))),
            Example({**_HEADS, **_BUILT, "attention_axes": [-3]}, {"attention_axes": [2]}, ((2, 5, 4), (2, 3, 4))),
            Example(_HEADS, {"num_heads": 2, "key_dim": 3}, _IMAGES),
            Example({**_HEADS, "activity_regularizer": "l2"}, {"key_dim": 3}, _SEQUENCES),
        ),
        quiet=_QUIET,
    ),
)
