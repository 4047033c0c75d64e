"""What a layer asks for around its calls that is wrapped in another, which then does it around its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from interchange.layer_path import LayerPath
from translation.keras2_to_3.spec import Spec
from translation.keras2_to_3.translation_log import Findings
from translation.keras3_to_2 import activations

OUTSIDE = "put the layer outside of the wrapper, or use another one, and save the model again"
"""What helps with a layer that cannot be in a wrapper."""
# What a wrapped layer asks for and does not need inside of a wrapper, and what the wrapper can do in its place.
_ALONE = frozenset({"recurrent", "merge_masks", "softmax_mask", "unmasked"})
_CARRIED = frozenset({"activation", "image_dtype"})
_CARRYING = frozenset({"TimeDistributed", "SpectralNormalization"})


@dataclass(frozen=True)
class Carried:
    """What a wrapper does for the layer in it: keys of its spec, and modules that its calls go through."""

    config: Mapping[str, Any] = field(default_factory=dict)
    calls: tuple[str, ...] = ()


def carried(
    name: str, config: Mapping[str, Any], findings: Findings, path: LayerPath
) -> tuple[dict[str, Any], Carried]:
    """What the layer in a wrapper asks for and the wrapper does behind itself; anything else is refused."""
    inner = {key: value for key, value in config.items() if isinstance(value, Spec) and value.kind == "layers"}
    kept: dict[str, Any] = {}
    around = Carried()
    for key, spec in inner.items():
        wanted = [call for call in spec.decompositions if call not in _ALONE]
        for call in (call for call in wanted if call not in _CARRIED or name not in _CARRYING):
            text = f"{spec.class_name} needs {call} around its calls, which is not possible in another layer"
            findings.problem(path, name, text, key, spec.class_name, OUTSIDE)
        kept[key] = replace(
            spec, decompositions=(), config={k: v for k, v in spec.config.items() if k != activations.WRITTEN_OUT}
        )
        written = {k: v for k, v in spec.config.items() if k == activations.WRITTEN_OUT}
        around = Carried({**around.config, **written}, (*around.calls, *wanted))
    return {**config, **kept}, around
