"""`.keras` of Keras 2.12 to 2.15: an archive of architecture, weights and vocabularies."""

from __future__ import annotations

from typing import Any

from exporter import widths
from exporter.account import Account
from exporter.archive.contents import opened
from exporter.archive.weights import restore
from exporter.archive.words import with_words
from exporter.doors.building import built
from exporter.doors.source import Source
from exporter.normalise import Tell


def load(source: Source, tell: Tell, account: Account) -> Any:
    """The model in an archive; see `exporter.doors.load`."""
    with opened(source.path) as archive:
        model = built(source, widths.widened(with_words(archive), widths.in_archive(archive)), tell)
        restore(model, archive, account)
    return model
