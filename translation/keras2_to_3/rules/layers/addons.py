"""TensorFlow Addons, which ended before Keras 3: its layers under the names that it registered."""

from __future__ import annotations

from translation.evidence import Config, addons
from translation.keras2_to_3.rules.layers.layouts import wrapped
from translation.verbs import Decision, Rule, custom, drop, ignore, same

KIND = "layers"

_AFFINE = (
    "axis epsilon center scale beta_initializer gamma_initializer beta_regularizer gamma_regularizer "
    "beta_constraint gamma_constraint"
)
_LEARNED = "a learned epsilon has no counterpart"


def _one_axis(config: Config) -> Decision:
    """Other negative axes than the last are counted otherwise."""
    axis = config["axis"]
    return Decision({"axis": axis}, refusal=None if axis == -1 or axis > 0 else "a negative axis other than the last")


def _of_one_channel(_: Config) -> Decision:
    return Decision({"groups": -1})


def _pool(name: str, rank: int) -> Rule:
    return Rule(
        f"Addons>Adaptive{name}Pooling{rank}D",
        same("output_size data_format"),
        sets={"reduce": "mean" if name == "Average" else "max"},
        composed="adaptive_pooling",
        source=addons("layers/adaptive_pooling.py"),
    )


_NORMALIZED = same(_AFFINE.removeprefix("axis ")) + custom("axis", "the last, or counted from the front", _one_axis)

RULES = (
    Rule(
        "Addons>GroupNormalization",
        same("groups") + _NORMALIZED,
        becomes="GroupNormalization",
        source=addons("layers/normalizations.py"),
    ),
    Rule(
        "Addons>InstanceNormalization",
        custom("groups", "groups of one channel", _of_one_channel) + _NORMALIZED,
        becomes="GroupNormalization",
        source=addons("layers/normalizations.py"),
    ),
    Rule(
        "Addons>FilterResponseNormalization",
        same("axis epsilon beta_initializer gamma_initializer beta_regularizer gamma_regularizer")
        + ignore("beta_constraint gamma_constraint", kind="training-only", why="the weight has other axes")
        + drop("learned_epsilon", False, why=_LEARNED)
        + drop("learned_epsilon_constraint", None, why=_LEARNED),
        composed="filter_response",
        decomposition="keep_mask",
        source=addons("layers/normalizations.py"),
    ),
    Rule(
        "Addons>SpectralNormalization",
        wrapped() + same("power_iterations"),
        becomes="SpectralNormalization",
        variables={"sn_u": "vector_u"},
        source=addons("layers/spectral_normalization.py"),
    ),
    Rule(
        "Addons>GELU", same("approximate"), composed="gelu", decomposition="keep_mask", source=addons("layers/gelu.py")
    ),
    Rule("Addons>Maxout", same("num_units axis"), composed="maxout", source=addons("layers/maxout.py")),
    Rule(
        "Addons>StochasticDepth",
        same("survival_probability"),
        composed="weighted_residual",
        source=addons("layers/stochastic_depth.py"),
    ),
    Rule(
        "Addons>Sparsemax",
        drop("axis", -1, why="it is written out along the last axis"),
        composed="sparsemax",
        decomposition="keep_mask",
        source=addons("layers/sparsemax.py"),
    ),
    *(_pool(name, rank) for name in ("Average", "Max") for rank in (1, 2, 3)),
)
