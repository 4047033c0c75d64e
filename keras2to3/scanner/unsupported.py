"""What is a model, and safe, and yet is not migrated: the words and the way out (exit code 3)."""

from __future__ import annotations

from typing import Any

from interchange.errors import Exit, Failure, Problem
from keras2to3.scanner.graph_alone import is_graph_alone
from keras2to3.scanner.non_models import COPY_AGAIN, SAVE_WHOLE, unreadable
from keras2to3.scanner.scanned_file import KERAS_0, ScannedFile

_FRESH = (
    "Give its weights: WEIGHTS --architecture FILE, or the folder in which both have the same name. To draw its "
    "weights from its initializers, which gives an untrained model, pass --fresh-weights."
)

NUMBERED = "holds weights of Keras before 1.0, which have numbered layers without names"
"""What a file of such weights does."""
FUNCTION = "Give the function that builds the model, with --architecture FILE.py:FUNCTION: its layers in their order."
"""The way that is left for them."""

# Classes that only Keras 3 writes into an architecture.
_OF_KERAS_3 = ("DTypePolicy", "__keras_tensor__")


def require_whole_model(scanned: ScannedFile) -> None:
    """Raise a Failure for everything but a whole model, a graph that can be served, or what a text describes."""
    if scanned.incomplete:
        raise unreadable(scanned.path, f"is incomplete: {scanned.incomplete}", COPY_AGAIN)
    if scanned.is_of_keras_3 or is_graph_alone(scanned):
        return
    if scanned.is_described:
        return
    if scanned.saved_by.get("keras_version") == KERAS_0:
        raise unreadable(scanned.path, NUMBERED, FUNCTION)
    if scanned.source_format.unsupported:
        raise unreadable(scanned.path, *scanned.source_format.unsupported)
    if not scanned.has_weights:
        raise unreadable(scanned.path, "holds an architecture without weights", SAVE_WHOLE)


def require_weights(scanned: ScannedFile) -> None:
    """Refuse (`Failure`, exit code 4) an architecture without weights: random ones are not the user's model."""
    if scanned.source_format.content == "architecture":
        text = "it is an architecture without weights, which would be initialized at random"
        problem = Problem("", scanned.format, text, unblock=_FRESH)
        raise Failure(Exit.REFUSED, f"{scanned.path} is an architecture without weights.", _FRESH, (problem,))


def require_keras_2(scanned: ScannedFile) -> None:
    """An architecture alone names no version of Keras 3, but holds what only Keras 3 writes. Raises `Failure`."""
    if scanned.is_described and _is_of_keras_3(scanned.architecture):
        hint = None if scanned.unsafe else "There is nothing to migrate: keras.models.model_from_json reads it."
        raise unreadable((scanned.described_by or scanned).path, "is an architecture of Keras 3", hint)


def require_keras_3(scanned: ScannedFile) -> None:
    """Raise a Failure for a source of `rollback` that Keras 3 did not save as a `.keras` file."""
    if not scanned.is_of_keras_3:
        raise unreadable(
            scanned.path, "was not saved by Keras 3", "There is nothing to roll back: give a .keras file of Keras 3."
        )
    if scanned.format != "keras":
        hint = "Open it with Keras 3, save it with model.save('model.keras'), and give that."
        raise unreadable(scanned.path, "is a model of Keras 3 in HDF5, which lacks what a .keras file says", hint)


def _is_of_keras_3(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_is_of_keras_3, value))
    if not isinstance(value, dict):
        return False
    config = value.get("config")
    shaped = value.get("class_name") == "InputLayer" and isinstance(config, dict) and "batch_shape" in config
    return shaped or value.get("class_name") in _OF_KERAS_3 or any(map(_is_of_keras_3, value.values()))
