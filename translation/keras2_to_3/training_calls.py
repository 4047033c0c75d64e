"""What a layer of Keras 2.15 does in training alone, and so wherever it is called with `training=True`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interchange.training_layers import NOISY, NORMALIZING, RANDOM_IMAGES
from translation.config_tree import objects

# The layers that act in training, each with the keys of which one must not be zero; without keys it always does.
ACTING: Mapping[str, tuple[str, ...]] = {**NOISY, **dict.fromkeys(sorted(RANDOM_IMAGES | NORMALIZING), ())}

# Of these a frozen one is never training.
_FREEZING = frozenset({"BatchNormalization", "SyncBatchNormalization"})

# The decompositions by which layers act whenever the model runs, because a call says so; the others are refused.
IN_CALLS: Mapping[str, str] = {
    "BatchNormalization": "batch_statistics",
    "SyncBatchNormalization": "batch_statistics",
    **dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"), "noise_in_calls"),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), "noise_in_calls"),
}

# The layers that merely tell what they hold that it is training; a body that asks for it is refused.
HANDING_ON = frozenset({"Bidirectional", "Lambda", "RNN", "StackedRNNCells", "TimeDistributed"})


def acts_in_training(entry: Any) -> bool:
    """Whether a layer, or one anywhere inside it, computes something else in training."""
    return any(_acts(each.class_name, each.config) for each in objects(entry))


def in_calls(entry: Mapping[str, Any]) -> str | None:
    """The decomposition by which a layer acts as in training whenever the model runs; None where there is none."""
    if entry["class_name"] != "TimeDistributed":
        return IN_CALLS.get(entry["class_name"])
    rule = IN_CALLS.get(entry["config"]["layer"]["class_name"])
    return rule if rule == "noise_in_calls" else None


def _acts(name: str, config: Mapping[str, Any]) -> bool:
    if name in _FREEZING and not config.get("trainable", True):
        return False
    keys = ACTING.get(name)
    return keys is not None and (not keys or any(config.get(key) for key in keys))
