"""One architecture in every format that can carry it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.attacks.protobuf import message
from tests.models import hdf5_files

Config = dict[str, Any]
VERSION = "2.15.0"


def h5(path: Path, architecture: Any) -> None:
    hdf5_files.write(path, architecture)


def h5_training(path: Path, training: Any) -> None:
    """A whole model whose `training_config` holds what is given."""
    hdf5_files.write(path, training_config=json.dumps(training))


def weights(path: Path) -> Path:
    """The `model.weights.h5` of a `.keras` file."""
    with h5py.File(path, "w") as file:
        variables = file.create_group("layers/dense/vars")
        variables["0"] = np.arange(12, dtype="float32").reshape(4, 3)
        variables["1"] = np.zeros(3, "float32")
    return path


def members(path: Path, architecture: Any) -> dict[str, bytes]:
    """What a `.keras` file of Keras 2.15 holds; `path` is only a place for its weights."""
    made = weights(path.with_name(f".{path.name}.weights"))
    content = made.read_bytes()
    made.unlink()
    metadata = {"keras_version": VERSION, "date_saved": "2024-01-01@00:00:00"}
    return {
        "metadata.json": json.dumps(metadata).encode(),
        "config.json": json.dumps(architecture).encode(),
        "model.weights.h5": content,
    }


def keras(path: Path, architecture: Any) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members(path, architecture).items():
            archive.writestr(name, content)


def text(path: Path, architecture: Any) -> None:
    """What `model.to_json` returns."""
    path.write_text(json.dumps({**architecture, "keras_version": VERSION, "backend": "tensorflow"}))


def yaml(path: Path, architecture: Any) -> None:
    """What `model.to_yaml` returned. JSON is YAML as well, but this is how Keras wrote it."""
    lines = _block({**architecture, "backend": "tensorflow", "keras_version": VERSION}, 0)
    path.write_text("\n".join(lines) + "\n")


def _block(value: Any, depth: int) -> list[str]:
    space = "  " * depth
    if isinstance(value, dict) and value:
        return [line for key, item in value.items() for line in _entry(f"{space}{_key(key)}:", item, depth)]
    if isinstance(value, list) and value:
        return [line for item in value for line in _entry(f"{space}-", item, depth)]
    return [f"{space}{json.dumps(value)}"]


def _key(key: str) -> str:
    return key if key.isidentifier() else json.dumps(key)


def _entry(head: str, item: Any, depth: int) -> list[str]:
    if isinstance(item, (dict, list)) and item:
        return [head, *_block(item, depth + 1)]
    return [f"{head} {json.dumps(item)}"]


def saved_model(path: Path, architecture: Any) -> None:
    """A SavedModel whose Keras metadata holds the architecture: `keras_metadata.pb`, read before any graph."""
    from tests.attacks.graphs import write

    write(path, {})
    metadata = {**architecture, "name": "model", "keras_version": VERSION}
    node = message((2, 0), (3, "root"), (4, "_tf_keras_model"), (5, json.dumps(metadata)))
    (path / "keras_metadata.pb").write_bytes(message((1, node)))


def bundle(path: Path, architecture: Any) -> None:
    """Our own interchange format."""
    from interchange.bundle import BundleWriter

    writer = BundleWriter(path, {"keras": VERSION}, {"name": "model.h5"})
    writer.write_json("architecture.json", architecture)
    rows = [{"layer": ["dense"], "variable": "kernel", "trainable": True}]
    writer.write_tensors("weights.npz", ((row, np.zeros((4, 3), "float32")) for row in rows))
    writer.close()


FORMATS: Mapping[str, tuple[str, Callable[[Path, Config], None]]] = {
    "h5": (".h5", h5),
    "keras": (".keras", keras),
    "json": (".json", text),
    "yaml": (".yaml", yaml),
    "savedmodel": ("", saved_model),
    "bundle": ("", bundle),
}
