"""The `.keras` archive: metadata, one config, the weights as HDF5, and assets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from interchange import provenance
from interchange.errors import Problem
from keras2to3.scanner import architecture, training_config
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import hdf5_file, json_document
from keras2to3.scanner.readers.zip_archive import Archive
from keras2to3.scanner.readers.zip_members import BrokenArchiveError
from keras2to3.scanner.scanned_file import ScannedFile, is_of_keras_3
from keras2to3.scanner.training_config import TrainingConfig

_Parsed = TypeVar("_Parsed")

CONFIG = "config.json"
_METADATA = "metadata.json"
_WEIGHTS = "model.weights.h5"
_ASSETS = "assets/"
_TRAINING = "compile_config"
_WITHOUT = "Open it in Keras 3 and save it again, without this member."


def examine(archive: Archive, size: int) -> ScannedFile:
    """Scan a `.keras` file of `size` bytes whose members are known."""
    problems = list(archive.problems)
    weights = _weights(archive, problems)
    metadata = _document(archive, _METADATA, problems) or {}
    version = metadata.get("keras_version")
    elements = weights.elements if weights else 0
    config, training = _config(archive, elements, is_of_keras_3(version), problems)
    origin = _document(archive, provenance.MEMBER, problems)
    problems += _of_provenance(origin, elements)
    return ScannedFile(
        path=archive.path,
        format="keras",
        saved_by={"keras_version": version if isinstance(version, str) else None, "backend": None},
        architecture=config,
        training=training.config,
        unreadable_training=training.unreadable,
        has_weights=weights is not None,
        has_optimizer=weights is not None and "optimizer" in weights.members,
        size=size,
        assets=_assets(archive, problems),
        tensors=weights.tensors if weights else (),
        groups=weights.groups if weights else (),
        problems=tuple(problems),
        has_provenance=origin is not None and origin.get("architecture") is not None,
    )


def _document(archive: Archive, name: str, problems: list[Problem]) -> dict[str, Any] | None:
    return _parsed(archive, name, problems, json_document.parse)


def _parsed(archive: Archive, name: str, problems: list[Problem], parse: Callable[[str], _Parsed]) -> _Parsed | None:
    if name not in archive.members:
        return None
    try:
        return parse(json_document.decoded(archive.read(name, json_document.MAX_CHARACTERS)))
    except json_document.NotWellFormedError as error:
        problems.append(error.policy.violation("", name, f"it is unsafe: {error}"))
    except BrokenArchiveError as error:
        problems.append(error.policy.violation("", name, f"it {error}"))
    return None


def _assets(archive: Archive, problems: list[Problem]) -> dict[str, bytes]:
    """The vocabularies of adapted layers, which Keras reads as it reads the architecture."""
    assets = {}
    for name in archive.members:
        if name.startswith(_ASSETS) and archive.members[name].size:
            try:
                assets[name] = archive.read(name, json_document.MAX_CHARACTERS)
            except BrokenArchiveError as error:
                problems.append(error.policy.violation("", json_document.short(name), f"it {error}"))
    return assets


def _weights(archive: Archive, problems: list[Problem]) -> hdf5_file.Contents | None:
    """Scan the weights inside the archive."""
    if _WEIGHTS not in archive.members:
        return None
    try:
        if not archive.members[_WEIGHTS].deflated:  # otherwise read to its end in any case
            archive.verify(_WEIGHTS)
        contents = hdf5_file.read(archive.window(_WEIGHTS, keep=True))
    except (BrokenArchiveError, hdf5_file.DamagedError) as error:
        policy = error.policy if isinstance(error, BrokenArchiveError) else Policy.FORM
        problems.append(policy.violation("", _WEIGHTS, f"it {error}"))
        return None
    problems.extend(contents.problems)
    return contents


def _of_provenance(document: Mapping[str, Any] | None, elements: int) -> list[Problem]:
    """The policies for what the model was migrated from, which Keras 2.15 builds on the way back."""
    if document is None:
        return []
    try:
        provenance.check(document)
    except provenance.InvalidProvenanceError as error:
        return [Policy.FORM.violation("", provenance.MEMBER, str(error), instead=_WITHOUT)]
    problems = [] if document["architecture"] is None else architecture.problems_of(document["architecture"], elements)
    return [*problems, *architecture.problems_of_training({"training": document["training"]}, provenance.MEMBER)]


def _config(
    archive: Archive, elements: int, by_keras_3: bool, problems: list[Problem]
) -> tuple[Mapping[str, Any] | None, TrainingConfig]:
    """The config, and how the outermost model in it is compiled, of which only what is unsafe matters."""
    parse = functools.partial(json_document.parse_apart, key=_TRAINING)
    config, ill_formed = _parsed(archive, CONFIG, problems, parse) or (None, None)
    if config is None:
        return None, training_config.NOT_COMPILED
    inner = {key: value for key, value in config.items() if key != _TRAINING}
    training = training_config.of_value(config.get(_TRAINING), _TRAINING, by_keras_3, ill_formed)
    problems += [*architecture.problems_of(inner, elements, by_keras_3), *training.problems]
    return config, training
