"""Whether a SavedModel can be rebuilt with Keras's own layers, or only its graph can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras2to3.scanner.scanned_file import ScannedFile
from keras2to3.scanner.unknown_classes import UnknownModelClass


def keras_model_in(scanned: ScannedFile) -> Mapping[str, Any] | None:
    """The architecture from which Keras 2.15 can build a SavedModel with its own classes alone; None if there is none.

    There is none for a subclassed model, for layers of the user, for a plain TensorFlow module, or if the metadata
    cannot be read. A model class that overrides training alone is not Keras's own, but its
    layers are.
    """
    config = (scanned.architecture or {}).get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else config
    hindering = (problem.policy is None and not isinstance(problem, UnknownModelClass) for problem in scanned.problems)
    whole = isinstance(layers, list) and not any(hindering)
    return scanned.architecture if whole else None


def is_on_trial(scanned: ScannedFile) -> bool:
    """Whether a SavedModel has a model class that no file defines: only its graph shows whether the layers are all."""
    tried = any(isinstance(problem, UnknownModelClass) for problem in scanned.problems)
    return scanned.format == "savedmodel" and tried and not is_graph_alone(scanned)


def is_graph_alone(scanned: ScannedFile) -> bool:
    """Whether a SavedModel can only be served, because Keras alone cannot build its model."""
    return scanned.format == "savedmodel" and keras_model_in(scanned) is None
