"""Vocabularies of lookup layers: state of a layer that is in its config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from interchange import tuples
from interchange.errors import Exit, Failure, Problem, refused
from translation.config_tree import edited, objects

LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")
HINT = "pass vocabulary=adapted.get_vocabulary() to the layer, and save the model again"


def check_complete(config: Mapping[str, Any]) -> None:
    """Refuse an architecture with a lookup layer whose vocabulary is not in it: an HDF5 file has no other place.

    Keras 2.15 fails halfway through saving an adapted vocabulary as HDF5, and the file stays.
    """
    text = "Keras 2.15 does not store adapted vocabularies in HDF5 files"
    problems = tuple(
        Problem(path, entry["class_name"], text, "vocabulary", None)
        for path, entry, words in _given(config)
        if words is None
    )
    if problems:
        message = f"the vocabulary of an adapted layer is not in the file; the first: {problems[0]}"
        raise Failure(Exit.UNREADABLE, message, HINT, problems)


def listed(architecture: Mapping[str, Any]) -> Mapping[str, Any]:
    """The architecture with every vocabulary as a list: a `.keras` file keeps a tuple that the user has given.

    Raises `Failure(REFUSED)` for what is no vocabulary.
    """
    given = list(_given(architecture))
    problems = [
        Problem(path, entry["class_name"], "is no list of words or numbers", "vocabulary", f"{words!r:.80}", HINT)
        for path, entry, words in given
        if not _is_vocabulary(tuples.listed(words))
    ]
    if problems:
        raise refused(problems, str(problems[0]), HINT)
    is_tuple = any(isinstance(words, Mapping) for _, _, words in given)
    made: Mapping[str, Any] = edited(architecture, _with_list) if is_tuple else architecture
    return made


def _given(architecture: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Every lookup layer by its path, with its vocabulary."""
    for each in objects(architecture):
        if each.class_name in LOOKUPS:
            yield each.shown, each.entry, each.config.get("vocabulary")


def _is_vocabulary(words: Any) -> bool:
    """A missing vocabulary and the name of a file are reported by other checks."""
    if isinstance(words, list):
        return not any(isinstance(word, (list, Mapping, type(None))) for word in words)
    return words is None or isinstance(words, str)


def _with_list(entry: Mapping[str, Any], _: str) -> Mapping[str, Any]:
    config = entry.get("config")
    if entry.get("class_name") not in LOOKUPS or not isinstance(config, Mapping) or "vocabulary" not in config:
        return entry
    return {**entry, "config": {**config, "vocabulary": tuples.listed(config["vocabulary"])}}
