"""`keras.layers`, attention: dot-product, additive and multi-head."""

from __future__ import annotations

from importer.rules.verbs import Config, Decision, Example, Rule, Verb, custom, ignore, natively, same

KIND = "layers"

_SEQUENCES = ((5, 4), (3, 4))
_OWN_KEY = ((5, 4), (3, 4), (3, 4))
_NARROW = ((5, 4), (3, 2), (3, 4))
_IMAGES = ((3, 5, 4), (2, 5, 4))
_UNBUILT = {"query_shape": None, "key_shape": None, "value_shape": None}
_HEADS = {"num_heads": 2, "key_dim": 3, **_UNBUILT}
_BUILT = {"query_shape": [None, 2, 5, 4], "key_shape": [None, 2, 3, 4], "value_shape": [None, 2, 3, 4]}


def _dense(name: str, keys: str, *examples: Example) -> Rule:
    text = "said in the call, as use_causal_mask"
    return Rule(
        name,
        same(f"use_scale dropout {keys}") + natively("causal", True, "causal_attention", text),
        source="layers/attention/base_dense_attention.py",
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
    """Keras 2 also applies the regularizer of the projections to what the layer gives."""
    regularizer = config["activity_regularizer"]
    text = "activity_regularizer is no longer applied to the layer's output, only to those of its projections"
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
        native="multi_head_attention",
        source="layers/attention/multi_head_attention.py: masks are added to the scores, and no row is made zero",
        examples=(
            Example({**_HEADS, "dropout": 0.5, "use_bias": False}, {"use_bias": False}, _SEQUENCES),
            Example({**_HEADS, "value_dim": 5, "output_shape": 6}, {"value_dim": 5, "output_shape": 6}, _NARROW),
            Example({**_HEADS, "output_shape": [2, 3]}, {"output_shape": [2, 3]}, _SEQUENCES),
            Example({**_HEADS, "attention_axes": [2]}, {"attention_axes": [2]}, ((2, 5, 4), (2, 3, 4))),
            Example({**_HEADS, **_BUILT, "attention_axes": [-3]}, {"attention_axes": [2]}, ((2, 5, 4), (2, 3, 4))),
            Example(_HEADS, {"num_heads": 2, "key_dim": 3}, _IMAGES),
            Example({**_HEADS, "activity_regularizer": "l2"}, {"key_dim": 3}, _SEQUENCES),
        ),
    ),
)
