"""A layers model of TensorFlow.js: its weights laid out as in an HDF5 file of Keras, and restored as those are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from exporter.load.from_architecture import restored
from exporter.load.request import Loader, LoadRequest
from exporter.restore.account import Account
from exporter.restore.listed_layers import ListedLayers
from interchange.tfjs import STORED, TfjsWeight, manifest_of
from translation.config_tree import is_model, layers_of
from translation.keras2_to_runnable import Normalised, Tell


def load(request: LoadRequest, tell: Tell, account: Account) -> Any:
    """The model in a `model.json` and its shards; see `Loader`."""
    import h5py

    assert request.architecture is not None  # the scanner has refused a file without one
    document = json.loads(request.path.read_text("utf-8-sig"))
    with h5py.File("weights", "w", driver="core", backing_store=False) as file:
        _lay_out(file, request.architecture, dict(_weights(document, request.path.parent, tell)))
        return restored(request, request.architecture, ListedLayers(file), tell, account)


def _weights(document: Mapping[str, Any], folder: Path, tell: Tell) -> Iterator[tuple[str, np.ndarray]]:
    """Every weight by its name; quantised ones are reported."""
    for paths, weights in manifest_of(document):
        data = b"".join((folder / path).read_bytes() for path in paths)
        offset = 0
        for weight in weights:
            yield weight.name, _array(weight, data[offset : offset + weight.bytes])
            offset += weight.bytes
            if weight.stored != weight.dtype:
                text = f"{weight.name} comes from {weight.stored}, as TensorFlow.js computes it from that"
                tell(Normalised("", "quantised", text, "original"))


def _array(weight: TfjsWeight, data: bytes) -> np.ndarray:
    stored = np.frombuffer(data, np.dtype(STORED[weight.stored]).newbyteorder("<"))
    return weight.meant(stored.reshape(weight.shape))


def _lay_out(file: Any, architecture: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> None:
    """Write every outermost layer as a group that lists its weights, and weights of no layer unlisted."""
    file.attrs["backend"], file.attrs["keras_version"] = "tensorflow", str(architecture.get("keras_version", "2.0.0"))
    owners = {name: owner for owner, inner in _owners(architecture) for name in inner}
    listed: dict[str, list[str]] = {owner: [] for owner in owners.values()}
    for name, array in weights.items():
        owner = owners.get(name.split("/")[0])
        if owner is not None:
            listed[owner].append(name)
        file[f"{owner}/{name}" if owner is not None else f"(no layer)/{name}"] = array
    names = [owner for owner, inner in listed.items() if inner]
    file.attrs["layer_names"] = [name.encode() for name in names]
    for name in names:
        file[name].attrs["weight_names"] = [inner.encode() for inner in listed[name]]


def _owners(architecture: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Each outermost layer with the names that its weights may begin with: its own, or those of nested layers."""
    for entry in layers_of(architecture):
        name = entry["config"]["name"]
        yield name, [name, *_nested_names(entry)]


def _nested_names(entry: Mapping[str, Any]) -> Iterator[str]:
    for inner in layers_of(entry) if is_model(entry) else ():
        yield inner["config"]["name"]
        yield from _nested_names(inner)


LOADERS = {"tfjs": Loader(load)}
