"""`report.json`, schema 1: what was migrated, what changed, and the proof."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
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
    environments: dict[str, Mapping[str, str]] = field(default_factory=dict)
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
        """Record an expected failure; nothing is published with it."""
        detail = dict(failure.detail)
        self.verification = detail.pop("verification", self.verification)
        self.status = _STATUS.get(failure.code, "failed")
        self.output = None
        error = failure.to_json()
        error.pop("detail")
        self.error = {**error, **detail}

    def write(self, path: Path) -> None:
        """Write the report under a temporary name, then rename it."""
        unfinished = path.with_name(path.name + ".tmp")
        unfinished.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")
        os.replace(unfinished, path)
