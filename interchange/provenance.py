"""What a migrated `.keras` says of the model it was made from, in a member that Keras 3 does not read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from interchange import strictjson, training_files
from interchange.manifest import TensorRow
from interchange.tensors import DTYPES

MEMBER = "keras2to3.json"
VERSION = "1.0"

MAX_BYTES = 16 << 20
_MAX_ITEMS = 500_000
_MAX_DEPTH = 100  # all of which is far below what the scanner allows
_DIGEST = "sha256"
_WITHOUT = "its architecture has more values than this member may have, or another form than Keras 2.15 gives it"
_SHAPED = ("dtype", "shape")
_CODE = ("Lambda", "__lambda__")
_Test = Callable[[Any], bool]


class InvalidProvenanceError(ValueError):
    """The member is none that a migration writes; the message says why."""


class NewerProvenanceError(InvalidProvenanceError):
    """The member was written by a newer release."""


@dataclass(frozen=True)
class Provenance:
    """A model of Keras 2.15 and what a migration made of it, without weights.

    `architecture`, `kinds` and `training` are what its bundle has under these names, None where there is none; `why`
    says why there is no architecture. `keras` is the version that read the source, `replaced` the names of the user's
    functions by the paths of their layers, `custom_objects` those of the user's classes, `normalised` what was
    rewritten for Keras 2.15, and `compiled` whether the result is compiled. `weights` and `slots` are the rows of the
    manifest for `weights.npz` and `optimizer.npz`. `config_sha256` is that of the result's config.
    """

    config_sha256: str
    keras: str
    architecture: Optional[Mapping[str, Any]]
    kinds: Mapping[str, list[str]] = field(default_factory=dict)
    training: Optional[Mapping[str, Any]] = None
    compiled: bool = False
    replaced: Mapping[str, str] = field(default_factory=dict)
    custom_objects: list[str] = field(default_factory=list)
    normalised: list[Mapping[str, str]] = field(default_factory=list)
    weights: list[Mapping[str, Any]] = field(default_factory=list)
    slots: list[Mapping[str, Any]] = field(default_factory=list)
    why: Optional[str] = None

    def to_bytes(self) -> bytes:
        """The member; what no reader would accept is left out of it."""
        document = _sealed({"version": VERSION, **vars(self)})
        data = strictjson.dump(document)
        if _is_moderate(data, document) and not _wrong(document):
            return data
        return strictjson.dump(
            _sealed({"version": VERSION, **vars(Provenance(self.config_sha256, self.keras, None, why=_WITHOUT))})
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Provenance:
        """The inverse of `to_bytes`. Raises `InvalidProvenanceError`."""
        try:
            document = strictjson.parse(data)
        except ValueError as error:
            raise InvalidProvenanceError(f"it is not strict JSON: {error}") from None
        check(document)
        return cls(**{key: value for key, value in document.items() if key not in ("version", _DIGEST)})


def told_of(rows: Iterable[TensorRow]) -> list[Mapping[str, Any]]:
    """What a member says of tensors: all that the manifest does, but where they are."""
    return [{**row.facts, "dtype": row.dtype, "shape": list(row.shape)} for row in rows]


def rows_of(told: Sequence[Mapping[str, Any]], file: str) -> list[TensorRow]:
    """The inverse of `told_of`, with places in a file of this name."""
    facts = [{key: value for key, value in row.items() if key not in _SHAPED} for row in told]
    return [
        TensorRow(f"t{number}", file, row["dtype"], tuple(row["shape"]), facts[number])
        for number, row in enumerate(told)
    ]


def config_digest(config: bytes) -> str:
    """The digest of the `config.json` of an archive."""
    return hashlib.sha256(config).hexdigest()


def check(document: Any) -> None:
    """Raise `InvalidProvenanceError` unless a migration may have written this, and nobody has changed it since."""
    if not isinstance(document, dict):
        raise InvalidProvenanceError("it is not an object")
    if (version := document.get("version")) != VERSION:
        if isinstance(version, str) and version.replace(".", "").isdecimal():
            raise NewerProvenanceError(f"its version is {version[:20]}, and {VERSION} is the newest known here")
        raise InvalidProvenanceError("it does not say its version")
    if wrong := _wrong(document):
        raise InvalidProvenanceError(wrong)
    try:
        sealed = _sealed(document)
    except ValueError as error:
        raise InvalidProvenanceError(f"it is not strict JSON: {error}") from None
    if document[_DIGEST] != sealed[_DIGEST]:
        raise InvalidProvenanceError("its digest is another one, so it was changed after the migration")


def _wrong(document: Mapping[str, Any]) -> Optional[str]:
    """What a migration does not write; None if it may have written all of it."""
    if unknown := sorted(map(str, document.keys() ^ _FIELDS.keys())):
        return f"it has {'no' if unknown[0] in _FIELDS else 'an unknown'} {unknown[0][:40]!r}"
    if wrong := next((key for key, test in _FIELDS.items() if not test(document[key])), None):
        return f"its {wrong} is not of the form that a migration writes"
    code = next(_code([document["architecture"], document["training"]]), None)
    return code and f"it holds a {code}, and a migration writes no functions"


def _code(value: Any) -> Iterator[str]:
    """The classes that stand for functions as code."""
    if isinstance(value, Mapping):
        if value.get("class_name") in _CODE:
            yield str(value["class_name"])
        value = value.values()
    if not isinstance(value, str):
        for item in value if isinstance(value, Iterable) else ():
            yield from _code(item)


def _sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the digest of all that it says."""
    told = {key: value for key, value in document.items() if key != _DIGEST}
    return {**told, _DIGEST: hashlib.sha256(strictjson.dump(told)).hexdigest()}


def _is_moderate(data: bytes, document: Any) -> bool:
    if len(data) > MAX_BYTES or sum(map(data.count, (b",", b"[", b"{"))) > _MAX_ITEMS:
        return False
    level = [document]
    for _ in range(_MAX_DEPTH):
        level = [item for each in level for item in (each.values() if isinstance(each, Mapping) else each)]
        level = [item for item in level if isinstance(item, (dict, list))]
    return not level


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64


def _is_table(test: _Test) -> _Test:
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


def _is_model(value: Any) -> bool:
    return isinstance(value, dict) and _is_text(value.get("class_name")) and isinstance(value.get("config"), dict)


_OF_TRAINING: Mapping[str, _Test] = {
    "compile": lambda value: value is None or isinstance(value, dict),
    "optimizer": _is_text,
    "reason": lambda value: value is None or _is_text(value),
    "missing": _is_texts,
    "metrics_names": _is_texts,
}


def _is_training(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != _OF_TRAINING.keys():
        return False
    is_formed = all(test(value[key]) for key, test in _OF_TRAINING.items())
    return is_formed and training_files.contradiction(value, has_state=value["optimizer"] == "kept") is None


def _is_normalised(value: Any) -> bool:
    keys = {"layer", "rule", "text"}
    return isinstance(value, list) and all(_is_table(_is_text)(row) and row.keys() == keys for row in value)


_OF_TENSOR: Mapping[str, _Test] = {
    "dtype": lambda value: value in DTYPES,
    "shape": lambda value: isinstance(value, list) and all(type(size) is int and size >= 0 for size in value),
    "layer": _is_texts,
    "variable": _is_text,
    "attributes": _is_texts,
    "trainable": lambda value: isinstance(value, bool),
    "slot": _is_text,
}


def _has_tensors(*needed: str) -> _Test:
    def test(value: Any) -> bool:
        return isinstance(value, list) and all(
            isinstance(row, dict)
            and row.keys() >= {*_SHAPED, *needed}
            and all(key in _OF_TENSOR and _OF_TENSOR[key](item) for key, item in row.items())
            and ("layer" in row) == ("variable" in row)
            for row in value
        )

    return test


_FIELDS: Mapping[str, _Test] = {
    "version": _is_text,
    _DIGEST: _is_sha256,
    "config_sha256": _is_sha256,
    "keras": _is_text,
    "architecture": lambda value: value is None or _is_model(value),
    "kinds": _is_table(_is_texts),
    "training": lambda value: value is None or _is_training(value),
    "compiled": lambda value: isinstance(value, bool),
    "replaced": _is_table(_is_text),
    "custom_objects": _is_texts,
    "normalised": _is_normalised,
    "weights": _has_tensors("layer", "trainable"),
    "slots": _has_tensors("slot"),
    "why": lambda value: value is None or _is_text(value),
}
