"""`keras.layers`, core: what Dense, Embedding and their like have learnt since."""

from __future__ import annotations

from translation.keras3_to_2.verbs import BackRule, BackVerb, left_out, only

KIND = "layers"

_PLAIN = "load the weights into a model without it in Keras 3, and save that"
_MERGED = "it adds two small matrices to the weights"
_QUANTIZED = "it computes with quantized weights"


def _adapted(*keys: str) -> tuple[BackVerb, ...]:
    return (
        only("lora_rank", None, why=_MERGED, unblock=_PLAIN)
        + left_out("lora_alpha", why="it scales what lora_rank adds")
        + only("quantization_config", None, why=_QUANTIZED, unblock=_PLAIN)
        + only("quantization_mode", None, why=_QUANTIZED, unblock=_PLAIN)
        + tuple(verb for key in keys for verb in only(key, None, why=_QUANTIZED, unblock=_PLAIN))
    )


RULES = (
    BackRule("Dense", _adapted()),
    BackRule("EinsumDense", _adapted("gptq_unpacked_column_size")),
    BackRule("Embedding", _adapted()),
    BackRule("Identity", becomes="Activation"),
    BackRule("Masking"),
    BackRule("Layer", refused="a base class, which does not define what is computed", instead="use a concrete layer"),
    BackRule("Wrapper", refused="a base class, which does not define what is computed", instead="use a concrete layer"),
    BackRule(
        "Lambda",
        refused="its body is a Python function, which no file can hold safely",
        instead="write it with operations of keras.ops or with layers in Keras 3, and save the model again",
    ),
    BackRule("AddLoss", refused="it belongs to Keras 2", instead="use a concrete layer"),
    BackRule("AddMetric", refused="it belongs to Keras 2", instead="use a concrete layer"),
)
