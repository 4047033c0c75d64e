"""The words that lookup layers were adapted to: files of a `.keras` archive, put where other formats have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interchange.errors import Exit, Failure, Problem
from translation.config_tree import is_model, layers_of
from translation.keras2_to_2_15.archive import Archive, Place
from translation.keras2_to_2_15.archive_paths import Places
from translation.keras2_to_2_15.vocabularies import HINT, LOOKUPS

_FILE = "vocabulary.txt"


def with_words(archive: Archive) -> Mapping[str, Any]:
    """The architecture of an archive, in which every adapted lookup layer has its vocabulary in its config.

    Raises `Failure(UNREADABLE)` for a file of words that does not say which they are.
    """
    if not layers_of(archive.architecture):
        return archive.architecture
    return _model(archive.architecture, (), Places(archive), archive)


def _model(entry: Mapping[str, Any], place: Place, places: Places, archive: Archive) -> Mapping[str, Any]:
    new = {id(layer): _layer(layer, own, places, archive) for layer, own in places.of(entry, place)}
    layers = [new.get(id(layer), layer) for layer in entry["config"]["layers"]]
    return {**entry, "config": {**entry["config"], "layers": layers}}


def _layer(entry: Mapping[str, Any], place: Place, places: Places, archive: Archive) -> Mapping[str, Any]:
    if is_model(entry):
        return _model(entry, place, places, archive)
    config, file = entry["config"], archive.assets.get((*place, _FILE))
    if entry["class_name"] not in LOOKUPS or file is None or config.get("vocabulary"):
        return entry
    learnt: dict[str, Any] = {"vocabulary": _words(file, entry)}
    weights = archive.groups.get(place, {})
    if config.get("output_mode") == "tf_idf" and "idf_weights" in weights:
        learnt["idf_weights"] = weights["idf_weights"][()].tolist()
    return {**entry, "config": {**config, **learnt}}


def _words(file: bytes, entry: Mapping[str, Any]) -> list[Any]:
    """One word a line, the first of which may be empty: it stands for padding."""
    try:
        text = file.decode()
    except UnicodeDecodeError as error:
        raise _unclear(entry, "cannot be decoded with the encoding that it names") from error
    if text.count("\r\n") == text.count("\n"):  # Windows ends every line so
        text = text.replace("\r\n", "\n")
    words = text.split("\n")
    if entry["class_name"] == "IntegerLookup":
        try:
            return [int(word) for word in words]
        except ValueError as error:
            raise _unclear(entry, f"holds a value that is not an integer: {error}") from error
    seen: set[str] = set()
    for number, word in enumerate(words):
        if word in seen and word != entry["config"].get("oov_token", "[UNK]"):
            raise _unclear(entry, f"has line {number + 1} twice; a word may contain a line break")
        seen.add(word)
    return words


def _unclear(entry: Mapping[str, Any], text: str) -> Failure:
    problem = Problem(str(entry["config"].get("name")), entry["class_name"], f"its {_FILE} {text}", "vocabulary")
    return Failure(Exit.UNREADABLE, f"a vocabulary cannot be read: {problem}", HINT, (problem,))
