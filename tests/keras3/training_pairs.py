"""A compiled model of Keras 2 in the middle of its training, and the same in Keras 3, to be trained on side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exporter.probes import probing
from exporter.training import batches, optimizer_variables, state, steps
from exporter.training import proof as recording
from exporter.whole_model import weight_rows
from importer.build.rebuild import Names, Rebuilt
from importer.restore.variables import named_variables
from importer.training import proof, slots
from interchange.bundle import Bundle, BundleWriter
from interchange.messages.requests import ProbeOptions
from interchange.messages.training import TrainingVerification
from interchange.weight_key import WeightKey
from tests.keras3.conftest import keras_2_everywhere

Build = Callable[[Any], Any]
"""Builds and compiles a model with the Keras that it is given."""


@dataclass(frozen=True)
class Pair:
    """The new model, its weights by their keys, and the bundle of the old one."""

    model: Any
    places: Mapping[WeightKey, Any]
    bundle: Bundle

    def compared(self) -> TrainingVerification:
        """The comparison of what both do next."""
        return proof.compared(self.model, self.places, self.bundle)


def recorded(build: Build, folder: Path) -> Bundle:
    """The bundle of the model that `build` makes, after three steps of training in Keras 2."""
    import tf_keras

    tf_keras.backend.clear_session()
    with keras_2_everywhere():
        _export(build(tf_keras), folder)
    return Bundle.open(folder)


def pair(bundle: Bundle, build: Build) -> Pair:
    """The model that `build` makes in Keras 3, with all of the state in a bundle."""
    import keras

    keras.backend.clear_session()
    model = build(keras)
    places = {WeightKey(path, name): slot for path, name, slot in named_variables(Rebuilt(model, Names(), []))}
    for row in bundle.rows("weights.npz"):
        places[WeightKey.from_facts(row.facts)].variable.assign(bundle.read(row))
    model.optimizer.build(model.trainable_variables)
    slots.fill(model.optimizer, places, bundle)
    return Pair(model, places, bundle)


def _export(model: Any, folder: Path) -> None:
    random = np.random.default_rng(2019)
    model.set_weights(
        [random.uniform(0.1, 0.5, weight.shape) * _signs(random, weight) for weight in model.get_weights()]
    )
    answered = probing.answered(model, ProbeOptions()).answered
    optimizer_variables.build(model.optimizer, model.trainable_variables)
    for batch in batches.made(batches.Trained.of(model), answered):
        steps.step(model, batch)
    writer = BundleWriter(folder, {"keras": "2"}, {})
    writer.write_tensors("weights.npz", ((row, np.asarray(variable.value())) for row, variable in weight_rows(model)))
    writer.write_tensors("optimizer.npz", state.rows(model))
    document = {"compile": {}, "optimizer": "kept", "reason": None, "missing": [], "metrics_names": []}
    writer.write_json("training.json", document)
    recording.write(model, answered, writer)
    writer.close()


def _signs(random: np.random.Generator, weight: np.ndarray) -> np.ndarray:
    """Both signs for a matrix; a vector may be a variance."""
    return random.choice([-1.0, 1.0], weight.shape) if weight.ndim > 1 else np.ones(weight.shape)
