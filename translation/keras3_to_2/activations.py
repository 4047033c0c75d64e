"""Activations that Keras 2.15 lacks, taken out of the layers that apply them last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interchange.layer_path import LayerPath
from translation.keras2_to_3.spec import Spec
from translation.keras2_to_3.translation_log import Findings

OBJECT = "its activation is an object with a config, which Keras 2.15 does not read back"
AS_A_LAYER = "put the activation behind the layer, as a layer or an operation of its own, and save the model again"

# Layers that apply their activation to all that they give.
_LAST = frozenset({
    "Activation", "Dense", "EinsumDense", *(f"Conv{rank}D" for rank in (1, 2, 3)),
    *(f"Conv{rank}DTranspose" for rank in (1, 2, 3)),
    *(f"{kind}Conv{rank}D" for kind in ("Depthwise", "Separable") for rank in (1, 2)),
})  # fmt: skip
_PENALTY = "activity_regularizer penalises what the layer gives before the activation that is written out behind it"
_IN_A_LOOP = "Keras 2.15 has another function or none by this name, and the layer applies it within each step"
IN_EACH_STEP = "write the layer with an activation that both have, train the model again, and save it"
"""What helps with an activation that a layer applies within each step."""


def name_of(value: Any) -> str | None:
    """The name of an activation of Keras; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        config = value.get("config")
        module = str(value.get("module") or "")
        if isinstance(config, str) and (module.startswith("keras") or module == "builtins"):
            return config
        if module.startswith("keras.activations") and not config:
            return str(value["class_name"])
    return None


def shown(value: Any) -> str:
    """An activation in a message."""
    return str(value.get("class_name")) if isinstance(value, Mapping) else str(value)


def split(
    layer: str, config: Mapping[str, Any], findings: Findings, path: LayerPath
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The config without an activation that is written out, and what `exporter/rollback/calls/activation.py` reads.

    A layer that applies its activation in a loop is refused.
    """
    written = {
        key: value
        for key, value in config.items()
        if isinstance(value, Spec) and value.kind == "activations" and not value.own
    }
    for key, spec in written.items():
        if layer not in _LAST:
            findings.problem(path, layer, _IN_A_LOOP, key, spec.class_name, IN_EACH_STEP)
        else:
            text = f"{key}={spec.class_name!r} is written out behind the layer: Keras 2.15 has no such activation"
            findings.change(path, layer, "structural", text)
            if config.get("activity_regularizer"):
                findings.change(path, layer, "training-only", _PENALTY)
    left = {key: "linear" if key in written else value for key, value in config.items()}
    last = [spec.class_name for spec in written.values() if layer in _LAST]
    return left, {WRITTEN_OUT: last[0]} if last else {}


WRITTEN_OUT = "written_out"
"""The key of a spec under which the activation stands that is written out behind the layer."""
