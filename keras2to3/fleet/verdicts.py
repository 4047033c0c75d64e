"""Tell a registry what has become of its models, once their results are in the target."""

from __future__ import annotations

from urllib.parse import urlsplit

from keras2to3.fleet.entries import Entry
from keras2to3.fleet.stores.registry import SCHEME, Registry


def tell(entry: Entry, status: str, result: str | None, report: str | None) -> None:
    """Tag the version that a source is of with its status, and where its result and its report are.

    Sources of other stores have no such place. Raises OSError.
    """
    if urlsplit(entry.store).scheme == SCHEME and entry.files:
        first = next(iter(entry.files.values()))
        Registry(entry.store).mark(first.key, {"status": status, "result": result, "report": report})
