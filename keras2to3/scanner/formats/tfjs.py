"""A model of TensorFlow.js: `model.json` with an architecture and a manifest of weights, and shards beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from interchange.errors import Problem, refused
from interchange.tfjs import STORED, TfjsWeight, manifest_of, topology_of
from keras2to3.scanner import architecture, containers, model_files, non_models
from keras2to3.scanner.formats.text import text_of
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import chunks, json_document
from keras2to3.scanner.readers.file_slice import FileSlice
from keras2to3.scanner.readers.json_document import NotWellFormedError, short
from keras2to3.scanner.scanned_file import ScannedFile, StoredTensor

_GRAPH = "graph-model"
_OF_GRAPHS = (
    "Give the Keras model or the SavedModel that it was converted from, or convert that with "
    "--output_format=tfjs_layers_model."
)


@dataclass
class _Shards:
    """The files that a manifest may name, and what speaks against those that it names."""

    beside: Mapping[str, Path]
    problems: list[Problem] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def of(self, names: list[str]) -> list[Path]:
        """The files with these names that are in the folder of the model itself."""
        shards = []
        for name in names:
            if Path(name).name != name or name in ("", ".", ".."):
                text = "weights outside the folder of the model are never read"
                self.problems.append(Policy.OTHER_FILES.violation("", "weightsManifest", text, "paths", short(name)))
            elif name not in self.beside:
                self.lost.append(short(name))
            else:
                shards.append(self.beside[name])
        return shards


def examine(path: Path, size: int) -> ScannedFile:
    """Scan a `model.json` of `size` bytes; a Failure (exit code 4) if it contains no Keras model."""
    try:
        document = json_document.parse(text_of(path, size))
    except NotWellFormedError as error:
        broken = error.policy.violation("", path.name, f"it is unsafe: {error}")
        raise refused([broken], f"{path} cannot be read: {error}.") from error
    if document.get("format") == _GRAPH or topology_of(document) is None:
        text = f"{path} is a graph model of TensorFlow.js, which holds operations and no layers of Keras."
        raise refused([Problem("", "graph-model", "it holds no layers", unblock=_OF_GRAPHS)], text, _OF_GRAPHS)
    shards = _Shards({file.name: file for file in containers.companion_files(path)})
    tensors = tuple(_tensors(document, shards))
    config = topology_of(document)
    assert config is not None
    elements = sum(math.prod(tensor.shape) for tensor in tensors)
    version = config.get("keras_version")
    return ScannedFile(
        path=path,
        format="tfjs",
        saved_by={"keras_version": version if isinstance(version, str) else None, "backend": "tensorflow"},
        architecture=config,
        training=None,
        has_optimizer=False,
        size=model_files.total_size([path, *containers.companion_files(path)]),
        tensors=tensors,
        problems=(*architecture.problems_of(config, elements), *shards.problems),
        incomplete=", ".join(f"{name} is missing" for name in shards.lost),
    )


def _tensors(document: Mapping[str, Any], shards: _Shards) -> Iterator[StoredTensor]:
    try:
        groups = manifest_of(document)
    except ValueError as error:
        shards.problems.append(Policy.FORM.violation("", "weightsManifest", f"it is none: {error}"))
        return
    for names, weights in groups:
        files = shards.of(names)
        stored = sum(file.stat().st_size for file in files)
        declared = sum(weight.bytes for weight in weights)
        if declared != stored and not (shards.lost or shards.problems):
            text = f"it declares {declared:,} bytes, and its files store {stored:,}"
            shards.problems.append(
                Policy.PROMISES.violation("", "weightsManifest", text, instead=non_models.COPY_AGAIN)
            )
        at = 0
        for weight in weights if not shards.problems else ():
            yield _tensor(weight, files, at)
            at += weight.bytes


def _tensor(weight: TfjsWeight, files: list[Path], at: int) -> StoredTensor:
    """What is stored, which quantised weights are not yet what they mean."""
    dtype = np.dtype(STORED[weight.stored])

    def blocks() -> Iterator[np.ndarray[Any, Any]]:
        if len(files) == 1:  # one that goes over the end of a file is read when it is migrated
            window = FileSlice(lambda: files[0].open("rb"), at, weight.bytes)
            for block in chunks.numbers(window, 0, dtype.newbyteorder("<"), math.prod(weight.shape)):
                yield weight.meant(block)

    return StoredTensor(weight.name, weight.shape, weight.dtype, weight.bytes, blocks)
