"""What of the user's file a written model is opened with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Optional

from interchange.messages.results import Needs
from interchange.user_files.custom_objects import CustomObjectsFile, bare


def needed(
    file: CustomObjectsFile, objects: Mapping[str, Any], config: Any, registered: Collection[Any]
) -> Optional[Needs]:
    """The objects of a file that a config names; None if it names none.

    `objects` are its objects by every name that a model may have for them, and `registered` those that Keras finds
    once the file has run.
    """
    named = set(names_in(config))
    used = {name: made for name, made in objects.items() if name in named}
    if not used:
        return None
    unregistered = {bare(name) for name, made in used.items() if not any(made is each for each in registered)}
    return Needs(file.module, tuple(sorted({bare(name) for name in used})), tuple(sorted(unregistered)))


def names_in(value: Any) -> Iterator[str]:
    """Names that may be those of classes and functions: every string in a config except names of layers."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in ("name", "module"):
                yield from names_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, str):
        yield value
