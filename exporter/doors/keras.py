"""`.keras` of Keras 2.12 to 2.15: an archive of architecture, weights and vocabularies."""

from __future__ import annotations

from typing import Any

from exporter.architecture import readable
from exporter.archive.contents import opened
from exporter.archive.weights import restore
from exporter.archive.words import with_words
from exporter.build import build
from exporter.doors.source import Source
from exporter.normalise import Tell


def load(source: Source, tell: Tell) -> Any:
    """The model in an archive; see `exporter.doors.load`."""
    with opened(source.path) as archive:
        model = build(
            readable(with_words(archive), tell, source.replaced, own=source.own.names), source.trust, source.own
        )
        restore(model, archive)
    return model
