"""A SavedModel folder whose Keras metadata holds an architecture: built from that, without running its graph."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from exporter.load import lookup_tables
from exporter.load.from_architecture import restored
from exporter.load.request import Loader, LoadRequest
from exporter.restore import training_checkpoint
from exporter.restore.account import Account
from exporter.restore.checkpoint import SavedModelWeights
from exporter.restore.stored_training import StoredTraining
from translation.keras2_to_runnable import Tell


def load(request: LoadRequest, tell: Tell, account: Account) -> Any:
    """The model in a SavedModel folder, whose architecture the scanner has read; see `Loader`."""
    assert request.architecture is not None  # the scanner has refused a graph alone
    architecture = lookup_tables.filled(request.architecture, request.path)
    weights = SavedModelWeights(_checkpoint(request))
    return restored(request, architecture, weights, tell, account)


def training(request: LoadRequest) -> AbstractContextManager[StoredTraining | None]:
    """How the model in a SavedModel was compiled; see `Loader`."""
    return training_checkpoint.opened(_checkpoint(request), request.training)


def _checkpoint(request: LoadRequest) -> Path:
    return request.path / "variables" / "variables"


LOADERS = {"savedmodel": Loader(load, has_graph=True, training=training)}
