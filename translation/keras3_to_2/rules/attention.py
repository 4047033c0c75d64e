"""`keras.layers`, attention: dot-product, additive and multi-head."""

from __future__ import annotations

from translation.evidence import Config
from translation.keras3_to_2.verbs import Back, BackRule, BackVerb, decided, kept, left_out, only

KIND = "layers"

_PLAIN = "build the model without it in Keras 3, train that, and save it"
_OPENED = "open the model in Keras 3 and save it again, which writes positive ones"
_SEED = "Keras 2.15 draws without one"
_OTHER = "write attention with MultiHeadAttention, whose groups share no weights, train that, and save it"


def _seed() -> tuple[BackVerb, ...]:
    return left_out("seed", why=_SEED, kind="training-only")


def _axes(config: Config) -> Back:
    """Keras 3 writes them as positive numbers once the layer has been called; negative ones mean others in Keras 2."""
    axes = config["attention_axes"]
    if axes is None or all(axis >= 0 for axis in (axes if isinstance(axes, (list, tuple)) else [axes])):
        return Back({"attention_axes": axes})
    return Back(refusal="a negative axis means another one in Keras 2.15", unblock=_OPENED)


RULES = (
    BackRule("Attention", _seed()),
    BackRule("AdditiveAttention", _seed()),
    BackRule(
        "MultiHeadAttention",
        decided("attention_axes", "as Keras 3 counts them, from the front", _axes)
        + kept("activity_regularizer")
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
