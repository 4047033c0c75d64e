"""`.keras` of Keras 2.12 to 2.15: an archive of architecture, weights and vocabularies."""

from __future__ import annotations

from typing import Any

from exporter.load import input_widths
from exporter.load.from_architecture import built
from exporter.load.request import Source
from exporter.restore.account import Account
from exporter.restore.archive import restore
from exporter.restore.archive_file import opened
from translation.keras2_to_2_15.archive_vocabularies import with_words
from translation.keras2_to_runnable import Tell


def load(source: Source, tell: Tell, account: Account) -> Any:
    """The model in an archive; see `exporter.load.load`."""
    with opened(source.path) as archive:
        model = built(source, input_widths.widened(with_words(archive), input_widths.in_archive(archive)), tell)
        restore(model, archive, account)
    return model
