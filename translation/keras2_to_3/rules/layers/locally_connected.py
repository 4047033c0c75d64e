"""`keras.layers`, locally connected: convolutions whose kernel differs from position to position."""

from __future__ import annotations

from translation.evidence import Config, Example, keras2
from translation.verbs import Decision, Rule, Verb, custom, same

KIND = "layers"

_KEYS = (
    "filters kernel_size strides padding data_format activation use_bias kernel_initializer "
    "bias_initializer kernel_regularizer bias_regularizer activity_regularizer"
)


def _constraint(key: str) -> tuple[Verb, ...]:
    """A projection of single numbers stays; one along axes would act on axes the weight no longer has."""

    def decide(config: Config) -> Decision:
        value = config[key]
        if value is None or value["class_name"] == "NonNeg":
            return Decision({key: value})
        text = f"{key} {value['class_name']} dropped: the weight has other axes, and inference does not need it"
        return Decision(change=("training-only", text))

    return custom(key, "NonNeg stays, others are dropped: the weight has other axes", decide)


def _implementation(config: Config) -> Decision:
    """The second keeps a matrix from all inputs to all outputs, and multiplies it by a mask."""
    value = config["implementation"]
    text = "the numbers of its kernel that its mask sets to 0 are left out: no output depends on them"
    return Decision({"implementation": value}, ("lossy", text) if value == 2 else None)


def _rule(rank: int) -> Rule:
    wide, square = {"filters": 2, "kernel_size": 3, "strides": 2}, {"filters": 3, "kernel_size": 2}
    inputs = ((7, 5, 4)[: rank + 1],)
    return Rule(
        f"LocallyConnected{rank}D",
        same(_KEYS)
        + custom("implementation", "kept; of 2 without the numbers that its mask sets to 0", _implementation)
        + _constraint("kernel_constraint")
        + _constraint("bias_constraint"),
        composed="locally_connected",
        source=keras2("layers/locally_connected/locally_connected1d.py", "removed"),
        examples=(
            Example(wide | {"activation": "tanh"}, wide, inputs),
            Example(wide | {"use_bias": False, "implementation": 2, "padding": "same"}, wide, inputs),
            Example(square | {"implementation": 3, "padding": "same"}, square, inputs),
            Example(square | {"data_format": "channels_first", "implementation": 3}, square, inputs),
            Example(square | {"data_format": "channels_first", "implementation": 1}, square, inputs),
        ),
    )


RULES = (_rule(1), _rule(2))
