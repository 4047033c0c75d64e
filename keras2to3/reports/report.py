"""`report.json`, schema 2: what was migrated, what changed, and the proof."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange import json_floats, strictjson
from interchange.builders import Builder
from interchange.errors import Exit, Failure
from interchange.replacements import Replacement

if TYPE_CHECKING:
    from keras2to3.scanner.process.messages import ScanResult

SCHEMA = 2
_COMPILED = "the compiled state (loss, metrics, optimizer) is dropped; compile the model again to train it"
_FRESH = "the source holds no weights: its initializers draw them, the same ones every time; the result is untrained"
_SOURCE = ("sha256", "format", "saved_by", "architecture", "location", "name")
_STATUS = {Exit.REFUSED: "refused", Exit.DIFFERS: "differs"}


@dataclass
class Report:
    """One source's report; the fields are the keys of `report.json` and stay as they are."""

    source: dict[str, Any]
    status: str = "failed"
    output: dict[str, Any] | None = None
    environments: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    changes: list[Mapping[str, Any]] = field(default_factory=list)
    verification: Mapping[str, Any] | None = None
    weights: Mapping[str, Any] | None = None
    optimizer: str = "none"
    trusted: bool = False
    replaced: list[Mapping[str, str]] = field(default_factory=list)
    custom_objects: Mapping[str, Mapping[str, str]] | None = None
    error: dict[str, Any] | None = None
    earlier: dict[str, Any] | None = None
    made_with: Mapping[str, Any] = field(default_factory=dict)
    timing: dict[str, float] = field(default_factory=dict)
    schema: int = SCHEMA

    @property
    def exit_code(self) -> Exit:
        """The exit code this source alone would have."""
        return Exit.VERIFIED if self.error is None else Exit(self.error["code"])

    @property
    def is_unproven(self) -> bool:
        """Whether there was nothing to compare the outputs with."""
        return (self.verification or {}).get("reference") == "weights"

    @property
    def is_fresh(self) -> bool:
        """Whether the weights are no learnt ones, for the source has none."""
        return any(row["rule"] == "weights" for row in self.changes)

    def tell(self, seen: ScanResult) -> None:
        """Record what the scan has found, and that a compiled state stays behind; digests are recorded apart."""
        self.source.update(format=seen.format, saved_by=dict(seen.saved_by))
        if not seen.has_weights:
            self.changes.append({"layer": "", "rule": "weights", "kind": "lossy", "text": _FRESH})
        if seen.is_of_keras_3:
            self.optimizer = "kept" if seen.has_optimizer else "none"
        elif seen.has_optimizer or seen.is_compiled:
            self.optimizer = "dropped"
            self.changes.append({"layer": "", "rule": "compile", "kind": "training-only", "text": _COMPILED})

    def fail(self, failure: Failure) -> None:
        """Record why nothing is published; what the failure knows besides becomes part of `error`."""
        detail = dict(failure.detail)
        self.verification = detail.pop("verification", self.verification)
        self.status = _STATUS.get(failure.code, "failed")
        self.output = None
        error = failure.to_json()
        error.pop("detail")
        self.error = {**detail, **error}

    @classmethod
    def of(
        cls, source: Path, trusted: bool, replaced: Sequence[Replacement] = (), builder: Builder | None = None
    ) -> Report:
        """The report of a source nobody has looked at."""
        unknown: dict[str, Any] = dict.fromkeys(_SOURCE)
        facts = {"path": str(source), **unknown, "architecture": builder and builder.to_json()}
        return cls(facts, trusted=trusted, replaced=[given.to_json() for given in replaced])

    def to_bytes(self) -> bytes:
        """The content of `report.json`."""
        facts = asdict(self)
        return to_bytes({**facts, "seal": _seal(facts)})

    @classmethod
    def from_bytes(cls, content: bytes) -> Report:
        """The inverse of `to_bytes`. Raises ValueError for what is none of ours, or was altered."""
        facts = sealed(content)
        if facts.keys() != {one.name for one in fields(cls)}:
            raise ValueError("a report of another version")
        return cls(**facts)


def sealed(content: bytes) -> dict[str, Any]:
    """The facts of a report of ours, whichever version wrote it. Raises ValueError for anything else."""
    facts = strictjson.parse(content)
    if not isinstance(facts, dict) or facts.pop("seal", None) != _seal(facts):
        raise ValueError("not a report of keras2to3, or changed since it was written")
    return facts


def _seal(facts: Mapping[str, Any]) -> str:
    """SHA-256 of all that is the same whenever it is made."""
    return hashlib.sha256(to_bytes({key: value for key, value in facts.items() if key != "timing"})).hexdigest()


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """A document as indented strict JSON, with the same bytes for the same facts."""
    return json.dumps(json_floats.finite(document), indent=2, sort_keys=True, allow_nan=False).encode("ascii") + b"\n"
