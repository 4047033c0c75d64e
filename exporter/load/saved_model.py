"""A SavedModel folder whose Keras metadata holds an architecture: built from that, without running its graph."""

from __future__ import annotations

from typing import Any

from exporter.load import input_widths, lookup_tables
from exporter.load.from_architecture import built
from exporter.load.request import Source
from exporter.restore import checkpoint
from exporter.restore.account import Account
from translation.keras2_to_runnable import Tell


def load(source: Source, tell: Tell, account: Account) -> Any:
    """The model in a SavedModel folder, whose architecture the look has read; see `exporter.load.load`."""
    assert source.architecture is not None  # the look has refused a graph alone
    architecture = lookup_tables.filled(source.architecture, source.path)
    prefix = source.path / "variables" / "variables"
    model = built(source, input_widths.widened(architecture, input_widths.in_checkpoint(prefix)), tell)
    checkpoint.restore(prefix, model, architecture, account)
    return model
