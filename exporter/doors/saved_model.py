"""A SavedModel folder whose Keras metadata holds an architecture: built from that, without running its graph."""

from __future__ import annotations

from typing import Any

from exporter import checkpoints, tables, widths
from exporter.account import Account
from exporter.doors.building import built
from exporter.doors.source import Source
from exporter.normalise import Tell


def load(source: Source, tell: Tell, account: Account) -> Any:
    """The model in a SavedModel folder, whose architecture the look has read; see `exporter.doors.load`."""
    assert source.architecture is not None  # the look has refused a graph alone
    architecture = tables.filled(source.architecture, source.path)
    prefix = source.path / "variables" / "variables"
    model = built(source, widths.widened(architecture, widths.in_checkpoint(prefix)), tell)
    checkpoints.restore(prefix, model, architecture, account)
    return model
