"""Whether a SavedModel can be rebuilt of Keras's own layers, or nothing but its graph is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras2to3.scanner.scanned_file import ScannedFile
from keras2to3.scanner.unknown_classes import UnknownModelClass


def keras_model_in(scanned: ScannedFile) -> Mapping[str, Any] | None:
    """The architecture that Keras 2.15 can build a SavedModel from, with its own classes and nothing else.

    None where the folder has a graph and no more: of a model that is a class of its own, of layers of the user's, of a
    plain module of TensorFlow, or with metadata that nobody can read. A class that may override training alone is none
    of Keras's, but its layers are.
    """
    config = (scanned.architecture or {}).get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else config
    hindering = (problem.policy is None and not isinstance(problem, UnknownModelClass) for problem in scanned.problems)
    whole = isinstance(layers, list) and not any(hindering)
    return scanned.architecture if whole else None


def is_on_trial(scanned: ScannedFile) -> bool:
    """Whether a SavedModel is of a class that nobody has given: its graph tells whether it is more than its layers."""
    tried = any(isinstance(problem, UnknownModelClass) for problem in scanned.problems)
    return scanned.format == "savedmodel" and tried and not is_graph_alone(scanned)


def is_graph_alone(scanned: ScannedFile) -> bool:
    """Whether a SavedModel can only be served, for there is no model in it that Keras alone could build."""
    return scanned.format == "savedmodel" and keras_model_in(scanned) is None
