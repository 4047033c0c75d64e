"""`keras.initializers`: they only matter if training starts again."""

from __future__ import annotations

from translation.evidence import Config, keras3
from translation.verbs import Decision, Rule, custom, drop, same

KIND = "initializers"

_SEEDED = ("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform")


def _gain(config: Config) -> Decision:
    gain = config["gain"]
    text = f"gain={gain!r} is lost when the model is saved: Keras 3 does not write it"
    return Decision({"gain": gain}, None if gain == 1 else ("training-only", text))


RULES = (
    Rule("Zeros"),
    Rule("Ones"),
    Rule("Constant", same("value")),
    Rule(
        "Identity",
        custom("gain", "accepted, but not written by Keras 3", _gain),
        source=keras3("initializers/constant_initializers.py", "Identity has no get_config"),
    ),
    Rule("Orthogonal", same("gain seed")),
    Rule("RandomNormal", same("mean stddev seed")),
    Rule("TruncatedNormal", same("mean stddev seed")),
    Rule("RandomUniform", same("minval maxval seed")),
    Rule("VarianceScaling", same("scale mode distribution seed") + drop("dtype", "float32", None, why="TF 1 spelling")),
    *(Rule(name, same("seed")) for name in _SEEDED),
    Rule(
        "Initializer",
        refused="a base class, which has no values of its own",
        instead="use a concrete initializer, and save the model again",
    ),
)
