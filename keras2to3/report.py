"""`report.json`, schema 1: what was migrated, what changed, and the proof."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from interchange.errors import Exit, Failure

SCHEMA = 1
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
    error: dict[str, Any] | None = None
    timing: dict[str, float] = field(default_factory=dict)
    schema: int = SCHEMA

    @property
    def exit_code(self) -> Exit:
        """The exit code this source alone would have."""
        return Exit.VERIFIED if self.error is None else Exit(self.error["code"])

    def fail(self, failure: Failure) -> None:
        """Record why nothing is published; what the failure knows besides becomes part of `error`."""
        detail = dict(failure.detail)
        self.verification = detail.pop("verification", self.verification)
        self.status = _STATUS.get(failure.code, "failed")
        self.output = None
        error = failure.to_json()
        error.pop("detail")
        self.error = {**error, **detail}

    def to_bytes(self) -> bytes:
        """The content of `report.json`."""
        return to_bytes(asdict(self))


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """A document as indented strict JSON, with the same bytes for the same facts."""
    return json.dumps(_finite(document), indent=2, sort_keys=True, allow_nan=False).encode("ascii") + b"\n"


def _finite(value: Any) -> Any:
    """JSON has no infinity: the distance between two things that cannot be compared is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value
