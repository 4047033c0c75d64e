"""What Keras wrote of every object in a SavedModel: the model's architecture, and what is unsafe in any of them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interchange.errors import Problem
from interchange.tuples import listed
from keras2to3.look import architecture
from keras2to3.look.readers import document
from keras2to3.look.readers.document import short
from keras2to3.look.source import KERAS_METADATA

# What Keras writes of a lookup layer beside a SavedModel alone.
_HISTORY = frozenset({"has_input_vocabulary", "has_static_table"})


@dataclass(frozen=True)
class Described:
    """One object: its number in the graph of objects, where the model is number 0, its path, and its JSON."""

    number: int
    path: str
    json: str


def model_of(
    objects: Sequence[Described], assets: Collection[str], elements: int, problems: list[Problem]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Architecture and training of the model among the objects, each None if it has none.

    `assets` are the names of the files it has brought, and `elements` is how many numbers its checkpoint stores. The
    architecture holds the configs of all its parts, and nothing else is ever built: what another object says is a
    problem only if it breaks a law.
    """
    read = [(item.number, _brought(_parsed(item, problems), assets)) for item in objects if item.json]
    root: dict[str, Any] = next((metadata for number, metadata in read if number == 0), {})
    found = root.get("model_config") or {key: root[key] for key in ("class_name", "config") if key in root}
    model = found if isinstance(found, dict) else {}
    problems += architecture.problems_of(model, elements)
    known = frozenset(_configs(model))
    for _, metadata in read:
        problems += [problem for problem in _unsafe(metadata, known, elements) if problem not in problems]
    training = root.get("training_config")
    return listed(model) or None, training if isinstance(training, dict) else None


def _unsafe(metadata: Mapping[str, Any], known: Collection[str], elements: int) -> Iterator[Problem]:
    """What breaks a law in the metadata of an object, unless its config is one of those that are `known` already."""
    if json.dumps(metadata.get("config"), sort_keys=True) not in known:
        own = {key: value for key, value in metadata.items() if key not in ("training_config", "model_config")}
        yield from (problem for problem in architecture.problems_of(own, elements) if problem.law)
    training = {"training_config": metadata.get("training_config")}
    yield from architecture.problems_of_training(training, "training_config")


def _parsed(item: Described, problems: list[Problem]) -> dict[str, Any]:
    try:
        return document.parse(item.json)
    except document.NotWellFormedError as error:
        problems.append(error.law.broken(short(item.path), KERAS_METADATA, f"it cannot be trusted: {error}"))
        return {}


def _brought(value: Any, assets: Collection[str]) -> Any:
    """Metadata without what says how a table came by its words: they lie in the table, or in a file of the assets."""
    if isinstance(value, list):
        return [_brought(item, assets) for item in value]
    if not isinstance(value, dict):
        return value
    path = value.get("vocabulary")
    if isinstance(path, str) and re.split(r"[/\\]", path)[-1] in assets:
        value = {**value, "vocabulary": None}
    return {key: _brought(item, assets) for key, item in value.items() if key not in _HISTORY}


def _configs(value: Any) -> Iterator[str]:
    """Every config in an architecture, as text."""
    if isinstance(value, dict) and "class_name" in value:
        yield json.dumps(value.get("config"), sort_keys=True)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _configs(item)
