"""JSON and YAML: an architecture alone. The model gets fresh weights, the same ones every time."""

from __future__ import annotations

from typing import Any

from exporter.keras2.initializers import drawing
from exporter.load.from_architecture import built
from exporter.load.request import Loader, LoadRequest
from exporter.restore.account import Account
from translation.keras2_to_runnable import Tell


def load(request: LoadRequest, tell: Tell, account: Account) -> Any:
    """The model of an architecture with the weights of its initializers; see `Loader`."""
    assert request.architecture is not None  # the scanner has parsed it
    with drawing():
        model = built(request, request.architecture, tell)
    account.draws(model)
    return model


LOADERS = {"json": Loader(load), "yaml": Loader(load)}
