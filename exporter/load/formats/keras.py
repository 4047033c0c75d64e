"""`.keras` of Keras 2.12 to 2.15: an archive of architecture, weights and vocabularies."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exporter.load.from_architecture import restored
from exporter.load.request import Loader, LoadRequest
from exporter.restore import training_archive
from exporter.restore.account import Account
from exporter.restore.archive_file import groups_of, opened, weights_of
from exporter.restore.counted_layers import CountedLayers, groups_below
from exporter.restore.stored_training import StoredTraining
from translation.keras2_to_2_15.archive import Archive
from translation.keras2_to_2_15.archive_vocabularies import with_words
from translation.keras2_to_runnable import Tell


def load(request: LoadRequest, tell: Tell, account: Account) -> Any:
    """The model in an archive; see `Loader`."""
    with opened(request.path) as archive:
        return restored(request, with_words(archive), CountedLayers(archive), tell, account)


@contextlib.contextmanager
def weights(path: Path, part: str | None) -> Iterator[CountedLayers]:
    """The weights in an archive whose architecture is not used; see `Loader`."""
    with zipfile.ZipFile(path) as archive, weights_of(archive) as file:
        yield CountedLayers(Archive.of({}, {}, groups_below(groups_of(file), part)), file)


def training(request: LoadRequest) -> contextlib.AbstractContextManager[StoredTraining | None]:
    """How the model in an archive was compiled; see `Loader`."""
    return training_archive.opened(request.path)


LOADERS = {"keras": Loader(load, weights, training=training)}
