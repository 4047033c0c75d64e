"""`keras.layers`, core: Dense, Embedding, Activation, Masking and their like."""

from __future__ import annotations

from translation.evidence import Config, Example, keras2, keras3
from translation.lambdas.bodies import is_body
from translation.verbs import RAGGED, SPARSE, Decision, Rule, custom, drop, ignore, same

KIND = "layers"

_BRANCH = "a loss or metric in the graph is used in training only, and is left out with everything that only it uses"
_PARTS = "makes a ragged or sparse tensor of parts, or takes one apart: Keras 3's operations take such tensors whole"
_DENSE = "let the model begin after it, with its outputs as inputs, and save it again"


def _body(config: Config) -> Decision:
    if is_body(config["function"]):
        return Decision({"function": config["function"]})
    return Decision(refusal="its body is not in the file, or is bytecode of an unsupported Python")


def _mask(config: Config) -> Decision:
    if config["mask"] is None or is_body(config["mask"]):
        return Decision({"mask": config["mask"]})
    return Decision(refusal="the body of its mask is not in the file, or is bytecode of an unsupported Python")


def _method(config: Config) -> Decision:
    return Decision(refusal=None if config["attr_name"] == "to_tensor" else _PARTS)


RULES = (
    Rule(
        "Dense",
        same(
            "units activation use_bias kernel_initializer bias_initializer kernel_regularizer bias_regularizer "
            "activity_regularizer kernel_constraint bias_constraint"
        ),
        takes=SPARSE,
    ),
    Rule(
        "Embedding",
        same(
            "input_dim output_dim embeddings_initializer embeddings_regularizer activity_regularizer "
            "embeddings_constraint mask_zero"
        )
        + ignore("input_length", kind="structural", why="Keras 3 takes the length from the input")
        + drop("sparse", False, why="Keras 3 chooses the gradient's form itself"),
        source=keras3("layers/core/embedding.py"),
        takes=RAGGED | SPARSE,
        examples=(
            Example({"input_dim": 9, "output_dim": 3, "input_length": 4}, {"input_dim": 9}, ((4,),), "int32"),
            Example({"input_dim": 9, "output_dim": 3, "mask_zero": True}, {"mask_zero": True}, ((4,),), "int32"),
        ),
    ),
    Rule(
        "EinsumDense",
        same(
            "equation output_shape activation bias_axes kernel_initializer bias_initializer kernel_regularizer "
            "bias_regularizer activity_regularizer kernel_constraint bias_constraint"
        ),
    ),
    Rule("Activation", same("activation"), takes=RAGGED | SPARSE),
    Rule("Identity"),
    Rule(
        "Layer",
        becomes="Identity",
        source=keras2("engine/base_layer.py", "Layer.call returns its inputs"),
        examples=(Example({}, {}, ((4, 3),)),),
    ),
    Rule(
        "Lambda",
        custom("function", "its body, translated to operators", _body)
        + same("arguments")
        + custom("mask", "its body, translated to operators", _mask)
        + ignore("output_shape", kind="structural", why="the body says it"),
        composed="lambda_body",
        decomposition="lambda_masks",
        source=keras3("layers/core/lambda_layer.py", "safe mode opens no function"),
        takes=RAGGED,
    ),
    Rule("Masking", same("mask_value")),
    *(
        Rule(
            name,
            ignore(keys, kind="training-only", why=_BRANCH),
            becomes="Identity",
            source=keras2("engine/base_layer.py", "it returns its inputs"),
        )
        for name, keys in (("AddLoss", "unconditional"), ("AddMetric", "aggregation metric_name"))
    ),
    *(
        Rule(name, source=keras2("layers/core/tf_op_layer.py", "removed"), refused=_PARTS, instead=_DENSE)
        for name in ("ClassMethod", "InstanceProperty")
    ),
    Rule(
        "InstanceMethod",
        custom("attr_name", "only `to_tensor` of a ragged tensor", _method),
        becomes="Identity",
        source=keras2("layers/core/tf_op_layer.py", "removed"),
        decomposition="ragged_to_dense",
        takes=RAGGED,
    ),
)
