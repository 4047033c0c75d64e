"""HDF5: a whole model as `model.save` of Keras 2 wrote it, or its weights alone with an architecture from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from exporter.load import input_widths
from exporter.load.from_architecture import built
from exporter.load.request import Source
from exporter.restore import archive as archived
from exporter.restore import keras1 as keras_1
from exporter.restore import parts
from exporter.restore.account import Account
from exporter.restore.archive_file import groups_of
from exporter.restore.hdf5 import restore
from exporter.restore.hdf5_weights import layers, listing, rows, told
from exporter.restore.layer_names import require_own_names
from translation.keras1_to_2.file_facts import facts_of, is_keras_1
from translation.keras2_to_2_15.archive import Archive
from translation.keras2_to_runnable import Normalised, Tell


def load(source: Source, tell: Tell, account: Account) -> Any:
    """The model in an HDF5 file; see `exporter.load.load`."""
    import h5py

    with h5py.File(source.path, "r") as file:
        config = file.attrs["model_config"]
        architecture = json.loads(config.decode() if isinstance(config, bytes) else config)
        return _described(architecture, file.get("model_weights"), source, tell, account)


def load_weights(source: Source, tell: Tell, account: Account) -> Any:
    """The model of the source's architecture with the weights in an HDF5 file; see `exporter.load.load`."""
    import h5py

    assert source.architecture is not None  # the look has refused weights without one
    with h5py.File(source.path, "r") as file:
        listed = listing(file)
        if source.part is not None:
            return _part(source, file, tell, account, source.part)
        if listed is not None:
            model = _described(source.architecture, listed, source, tell, account)
            require_own_names(source.architecture, layers(listed))
            return model
        archive = Archive.of(source.architecture, {}, groups_of(file))
        model = built(source, input_widths.widened(source.architecture, input_widths.in_archive(archive)), tell)
        archived.restore(model, archive, account)
    return model


def _part(source: Source, file: Any, tell: Tell, account: Account, part: str) -> Any:
    """The model of the source's architecture, which is the one that the file has under a name."""
    assert source.architecture is not None  # as above
    tell(Normalised("", "part", f"only the weights of {part} are migrated: --part {part}", "original"))
    if (listed := listing(file)) is not None:
        model = built(source, source.architecture, tell)
        parts.restore(listed, model, part, account)
        return model
    archive = Archive.of(source.architecture, {}, parts.below(groups_of(file), part))
    model = built(source, input_widths.widened(source.architecture, input_widths.in_archive(archive)), tell)
    archived.restore(model, archive, account)
    return model


def _described(architecture: Mapping[str, Any], weights: Any, source: Source, tell: Tell, account: Account) -> Any:
    """The model of an architecture of any vintage with the weights of a group that lists its layers."""
    version = source.written_by or architecture.get("keras_version") or told(weights, "keras_version")
    facts = facts_of(architecture, None if weights is None else rows(weights), told(weights, "backend"), version)
    model = built(source, input_widths.widened(architecture, input_widths.in_group(weights)), tell, facts)
    if is_keras_1(architecture):
        keras_1.restore(weights, model, architecture, facts, account)
    else:
        restore(weights, model, account, theano=facts.is_theano)
    return model
