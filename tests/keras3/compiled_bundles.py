"""Bundles of compiled models: the compiled state of a Keras 2 model beside what the exporter writes of any model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from importer.whole_model import migrate
from interchange import json_floats
from interchange.bundle import Bundle, BundleWriter
from interchange.messages.requests import ImportRequest
from interchange.weight_key import WeightKey
from tests.keras3.conftest import exported, keras_2_everywhere
from translation.training.slots import LOSS_SCALE, SCALARS, Slot, slots_of

Rows = list[tuple[dict[str, Any], np.ndarray]]


def arrived(model: Any, folder: Path) -> tuple[Any, list[str]]:
    """A compiled model of Keras 2 as stock Keras 3 opens it, and the lines about its training."""
    import keras

    bundle = exported(model, folder / "plain")
    with_training(bundle, folder / "bundle", model.get_compile_config(), state_of(model))
    result = migrate(ImportRequest(folder / "bundle", folder / "model.keras"), lambda line: None)
    told = [change.text for change in result.changes if change.kind == "training-only"]
    return keras.saving.load_model(folder / "model.keras"), told


def with_training(bundle: Bundle, folder: Path, config: Any, rows: Rows, **facts: Any) -> Path:
    """A copy of a bundle that has a compiled state as well."""
    writer = BundleWriter(folder, bundle.manifest.producer, bundle.manifest.source)
    for name in bundle.manifest.files:
        if name.endswith(".json"):
            writer.write_json(name, bundle.json(name))
        else:
            writer.write_tensors(name, ((row.facts, bundle.read(row)) for row in bundle.rows(name)))
    told = {"optimizer": "kept", "reason": None, "missing": [], "metrics_names": [], **facts}
    is_compiled = told["optimizer"] != "dropped"
    writer.write_json("training.json", {"compile": json_floats.spelled(config) if is_compiled else None, **told})
    if told["optimizer"] == "kept":
        writer.write_tensors("optimizer.npz", iter(rows))
    writer.close()
    return folder


def state_of(model: Any) -> Rows:
    """All that the optimizer of a model keeps."""
    outer = model.optimizer
    inner = getattr(outer, "inner_optimizer", outer)
    keys = keys_of(model)
    rows: Rows = [({"slot": name}, np.asarray(value)) for name, value in _scalars(outer, inner)]
    for slot in slots_of(type(inner).__name__):
        for weight, variable in zip(model.trainable_variables, _of_slot(model, inner, slot)):
            if np.ndim(variable) or not np.ndim(weight):  # Adafactor has placeholders for what it does not factor
                rows.append(({"slot": slot.name, **keys[id(weight)].to_facts()}, np.asarray(variable)))
    return rows


def _of_slot(model: Any, optimizer: Any, slot: Slot) -> Sequence[Any]:
    """What an optimizer of either generation keeps for each weight."""
    if hasattr(optimizer, "get_slot_names"):
        is_kept = slot.legacy in optimizer.get_slot_names()
        return [optimizer.get_slot(weight, slot.legacy) for weight in model.trainable_variables if is_kept]
    return getattr(optimizer, slot.keras_2 or "", None) or ()


def keys_of(model: Any) -> Mapping[int, WeightKey]:
    """The key of each weight by its id."""
    from exporter.describe import description

    with keras_2_everywhere():
        return {id(variable): WeightKey(path, name) for path, name, variable in description.variables(model)}


def _scalars(outer: Any, inner: Any) -> Iterator[tuple[str, Any]]:
    for slot in SCALARS:
        found = getattr(inner, slot.keras_2 or "", None)
        if hasattr(found, "numpy"):
            yield slot.name, found.numpy()
    if outer is not inner:
        yield from ((slot.name, getattr(outer._loss_scale, slot.keras_2 or "").numpy()) for slot in LOSS_SCALE)
