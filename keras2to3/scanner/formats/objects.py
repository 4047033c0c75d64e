"""The metadata that Keras wrote for each object in a SavedModel: the architecture, and what is unsafe in any object."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interchange.errors import Problem
from interchange.tuples import listed
from keras2to3.scanner import architecture, training_config
from keras2to3.scanner.containers import KERAS_METADATA
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import json_document
from keras2to3.scanner.readers.json_document import NotWellFormedError, short
from keras2to3.scanner.training_config import TrainingConfig

MAX_TEXT = 64 << 20
"""Characters of all objects together, of which each may have as many as any architecture."""

# What Keras writes about a lookup layer only in a SavedModel.
_TRAINING = "training_config"
_HISTORY = frozenset({"has_input_vocabulary", "has_static_table"})


@dataclass(frozen=True)
class Described:
    """One object: its number in the graph of objects, where the model is number 0, its path, and its JSON."""

    number: int
    path: str
    json: str


def model_of(
    objects: Sequence[Described], assets: Collection[str], elements: int, problems: list[Problem]
) -> tuple[dict[str, Any] | None, TrainingConfig]:
    """Architecture of the model among the objects, None if it has none, and how it was compiled.

    `assets` are the names of the files it has brought, and `elements` is how many numbers its checkpoint stores. The
    architecture holds the configs of all its parts, and nothing else is ever built: what another object says is a
    problem only if it breaks a policy.
    """
    texts = [item for item in objects if item.json]
    if sum(len(item.json) for item in texts) > MAX_TEXT:
        text = f"its objects are described in more than {MAX_TEXT:,} characters"
        problems.append(Policy.LIMITS.violation("", KERAS_METADATA, text))
        return None, training_config.NOT_COMPILED
    first = next((item for item in texts if item.number == 0), None)
    parsed, ill_formed = _parsed(first, problems) if first else ({}, None)
    root = _brought(parsed, assets)
    model = root.get("model_config") or {key: root[key] for key in ("class_name", "config") if key in root}
    model = model if isinstance(model, dict) else {}
    problems += architecture.problems_of(model, elements)
    # One object at a time: together they are many times as large as their texts.
    others = (root if item is first else _brought(_parsed(item, problems)[0], assets) for item in texts)
    known = frozenset(_configs(model))
    unsafe = itertools.chain.from_iterable(_unsafe(metadata, known, elements) for metadata in others)
    problems += itertools.islice(_once(unsafe, problems), architecture.MAX_PROBLEMS)
    training = training_config.of_value(root.get(_TRAINING), _TRAINING, ill_formed=ill_formed)
    return listed(model) or None, training


def _once(problems: Iterable[Problem], reported: Iterable[Problem]) -> Iterator[Problem]:
    """The problems that were not reported before."""
    seen = {json.dumps(problem.to_json(), sort_keys=True) for problem in reported}
    for problem in problems:
        text = json.dumps(problem.to_json(), sort_keys=True)
        if text not in seen:
            seen.add(text)
            yield problem


def _unsafe(metadata: Mapping[str, Any], known: Collection[str], elements: int) -> Iterator[Problem]:
    """Violations in the metadata of an object, unless its config is one of the `known` ones."""
    if _digest(metadata.get("config")) not in known:
        own_metadata = {key: value for key, value in metadata.items() if key not in (_TRAINING, "model_config")}
        yield from (problem for problem in architecture.problems_of(own_metadata, elements) if problem.policy)
    yield from training_config.of_value(metadata.get(_TRAINING), _TRAINING).problems


def _parsed(item: Described, problems: list[Problem]) -> tuple[dict[str, Any], NotWellFormedError | None]:
    try:
        return json_document.parse_apart(item.json, _TRAINING)
    except json_document.NotWellFormedError as error:
        problems.append(error.policy.violation(short(item.path), KERAS_METADATA, f"it is unsafe: {error}"))
        return {}, None


def _brought(value: Any, assets: Collection[str]) -> Any:
    """Metadata without the source of a vocabulary, which is in the table or in a file of the assets."""
    if isinstance(value, list):
        return [_brought(item, assets) for item in value]
    if not isinstance(value, dict):
        return value
    path = value.get("vocabulary")
    if isinstance(path, str) and re.split(r"[/\\]", path)[-1] in assets:
        value = {**value, "vocabulary": None}
    return {key: _brought(item, assets) for key, item in value.items() if key not in _HISTORY}


def _configs(value: Any) -> set[str]:
    """The digest of every config in an architecture."""
    digests: set[str] = set()
    _digest(value, digests)
    return digests


def _digest(value: Any, configs: set[str] | None = None) -> str:
    """A digest of a value from JSON, made of those of its parts, so that each is read once; `configs` are noted."""
    shallow = value
    if isinstance(value, dict):
        shallow = {key: _part(item, configs) for key, item in value.items()}
        if configs is not None and "class_name" in value:
            config = shallow.get("config")
            configs.add(config[0] if isinstance(config, list) else _digest(config))
    elif isinstance(value, list):
        shallow = [_part(item, configs) for item in value]
    return hashlib.sha256(json.dumps(shallow, sort_keys=True).encode()).hexdigest()


def _part(value: Any, configs: set[str] | None) -> Any:
    """What stands for a part: itself, or the digest of what has parts of its own, in a list, as nothing else is."""
    return [_digest(value, configs)] if isinstance(value, (dict, list)) else value
