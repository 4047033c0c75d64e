"""JSON and YAML: an architecture alone. The model gets fresh weights, the same ones every time."""

from __future__ import annotations

from typing import Any

from exporter.account import Account
from exporter.doors.building import built
from exporter.doors.source import Source
from exporter.initializers import drawing
from exporter.normalise import Tell


def load(source: Source, tell: Tell, account: Account) -> Any:
    """The model of an architecture, with weights as its initialisers draw them; see `exporter.doors.load`."""
    assert source.architecture is not None  # the look has parsed it
    with drawing():
        model = built(source, source.architecture, tell)
    account.draws(model)
    return model
