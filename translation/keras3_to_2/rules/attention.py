"""`keras.layers`, attention: dot-product, additive and multi-head."""

from __future__ import annotations

from translation.keras3_to_2.verbs import BackRule, BackVerb, kept, left_out, only

KIND = "layers"

_PLAIN = "build the model without it in Keras 3, train that, and save it"
_SEED = "Keras 2.15 draws without one"
_OTHER = "write attention with MultiHeadAttention, whose groups share no weights, train that, and save it"


def _seed() -> tuple[BackVerb, ...]:
    return left_out("seed", why=_SEED, kind="training-only")


RULES = (
    BackRule("Attention", _seed()),
    BackRule("AdditiveAttention", _seed()),
    BackRule(
        "MultiHeadAttention",
        kept("attention_axes activity_regularizer")
        + _seed()
        + left_out("flash_attention", why="it chooses how the same is computed")
        + only("use_gate", False, why="it multiplies what attention gives by another projection", unblock=_PLAIN)
        + only("sliding_window", None, why="it limits which steps a step sees", unblock=_PLAIN),
        calls=("multi_head_attention",),
    ),
    *(
        BackRule(name, refused="Keras 2.15 has no grouped queries", instead=_OTHER)
        for name in ("GroupQueryAttention", "GroupedQueryAttention")
    ),
)
