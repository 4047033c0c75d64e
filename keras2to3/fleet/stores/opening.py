"""Which store a place is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from interchange.errors import Exit, Failure
from keras2to3.fleet.stores.folder import Folder
from keras2to3.fleet.stores.registry import SCHEME, Registry
from keras2to3.fleet.stores.store import Store
from keras2to3.options.places import is_url


def open_target(place: str) -> Store:
    """The store that a plan and results are in. Raises `Failure(USAGE)` for one that holds sources alone."""
    store = open_store(place)
    if isinstance(store, Registry):
        text = f"{store.url}: a registry of MLflow holds no results"
        raise Failure(Exit.USAGE, text, "choose a folder or another store for the results; versions get a tag")
    return store


def open_store(place: str) -> Store | Registry:
    """The store of a URL or of a folder of this machine; a registry can only be read.

    Raises `Failure(USAGE)` for a URL with credentials, which plan and reports would repeat.
    """
    if not is_url(place):
        return Folder(Path(place).absolute())
    parts = urlsplit(place)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)))
    if parts.password is not None:
        text = f"{parts.scheme}://...@{parts.hostname}: a URL with credentials, which every report would repeat"
        raise Failure(Exit.USAGE, text, "leave them out: they are read from the environment, as AWS_PROFILE says")
    if parts.scheme == SCHEME:
        return Registry(place)
    from keras2to3.fleet.stores.remote import Remote  # late: fsspec is an extra

    return Remote(place)
