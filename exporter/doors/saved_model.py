"""A SavedModel folder whose Keras metadata holds an architecture: built from that, without running its graph."""

from __future__ import annotations

from typing import Any

from exporter import checkpoints, tables
from exporter.architecture import readable
from exporter.build import build
from exporter.doors.source import Source
from exporter.normalise import Tell


def load(source: Source, tell: Tell) -> Any:
    """The model in a SavedModel folder, whose architecture the look has read; see `exporter.doors.load`."""
    assert source.architecture is not None  # the look has refused a graph alone
    architecture = tables.filled(source.architecture, source.path)
    model = build(readable(architecture, tell, source.replaced, own=source.own.names), source.trust, source.own)
    checkpoints.restore(source.path / "variables" / "variables", model, architecture)
    return model
