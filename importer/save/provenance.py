"""The provenance of a migrated model, from its bundle: what the way back needs and Keras 3 has no place for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from importer.build.custom_objects import CustomObjects
from interchange.bundle import Bundle
from interchange.provenance import Provenance, config_digest, told_of
from interchange.user_files.custom_objects import bare
from interchange.user_files.needed import names_in
from interchange.user_files.replacements import Replacement
from translation.user_models import plain

_LAMBDA = "its Lambda layers are functions in Python, which no file of Keras 3 is to hold"
_REPLACED = "functions of a file of the user's stand for some of its layers"
Sealed = Callable[[bytes], bytes]


def of_bundle(bundle: Bundle, replaced: Mapping[str, Replacement], own: CustomObjects, *, is_compiled: bool) -> Sealed:
    """What makes the member of a `.keras` from the bytes of its config."""
    architecture, training = plain(bundle.json("architecture.json")), None  # as the result is: without such a class
    if "training.json" in bundle.manifest.files:
        training = bundle.json("training.json")
    why = _LAMBDA if "Lambda" in set(names_in(architecture)) else _REPLACED if replaced else None
    weights, slots = (
        [] if why or name not in bundle.manifest.files else told_of(bundle.rows(name))
        for name in ("weights.npz", "optimizer.npz")
    )
    used = {name for name in (*names_in(architecture), *names_in(training)) if name in own.objects}

    def sealed(config: bytes) -> bytes:
        return Provenance(
            config_digest(config),
            bundle.manifest.producer.get("keras", ""),
            None if why else architecture,
            bundle.json("kinds.json"),
            training,
            is_compiled,
            {path: given.function for path, given in replaced.items()},
            sorted({bare(name) for name in used}),
            bundle.json("reference.json")["normalised"],
            weights,
            slots,
            why,
        ).to_bytes()

    return sealed
