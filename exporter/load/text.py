"""JSON and YAML: an architecture alone. The model gets fresh weights, the same ones every time."""

from __future__ import annotations

from typing import Any

from exporter.keras2.initializers import drawing
from exporter.load.from_architecture import built
from exporter.load.request import Source
from exporter.restore.account import Account
from translation.keras2_to_runnable import Tell


def load(source: Source, tell: Tell, account: Account) -> Any:
    """The model of an architecture, with weights as its initialisers draw them; see `exporter.load.load`."""
    assert source.architecture is not None  # the look has parsed it
    with drawing():
        model = built(source, source.architecture, tell)
    account.draws(model)
    return model
