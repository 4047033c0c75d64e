"""Weights alone and the architecture in another file, combined into one model."""

from __future__ import annotations

from dataclasses import replace

from interchange.errors import Exit, Failure
from keras2to3.scanner.non_models import unreadable
from keras2to3.scanner.scanned_file import KERAS_0, ScannedFile
from keras2to3.scanner.unsupported import FUNCTION, NUMBERED

_NO_WEIGHTS = "Give what model.save_weights wrote, an .h5 or the .index of a checkpoint, or leave --architecture out."
_WHOLE = "It is a whole model with an architecture of its own: leave --architecture out."


def combine(weights: ScannedFile, text: ScannedFile) -> ScannedFile:
    """The scan of `weights` with the architecture of `text`, and the problems of both.

    Raises `Failure(USAGE)` where one is not what it has to be.
    """
    if weights.source_format.content != "weights":
        message = f"{weights.path} does not hold weights alone (format {weights.format}), so it takes no architecture."
        raise Failure(Exit.USAGE, message, _WHOLE if weights.source_format.content == "model" else _NO_WEIGHTS)
    if weights.saved_by.get("keras_version") == KERAS_0:
        raise unreadable(weights.path, f"{NUMBERED}, so no text describes them", FUNCTION)
    if text.source_format.content != "architecture":
        message = f"{text.path} is not an architecture in JSON or YAML (format {text.format})."
        raise Failure(Exit.USAGE, message, "Give what model.to_json() or model.to_yaml() wrote.")
    saved_by = {key: value or text.saved_by.get(key) for key, value in weights.saved_by.items()}
    return replace(
        weights,
        saved_by=saved_by,
        architecture=text.architecture,
        has_weights=True,
        problems=(*text.problems, *weights.problems),
        described_by=text,
    )
