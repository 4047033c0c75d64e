"""`--json`: the one document that a command prints, also if it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interchange.errors import Exit, Failure
from keras2to3.reports.report import SCHEMA, to_bytes


def text(document: Mapping[str, Any] | None, code: Exit, failure: Failure | None) -> str:
    """The document of a command and its exit code; `error` is why the command itself failed, null if it has not."""
    error = None
    if failure is not None:
        error = {"code": int(failure.code), "message": str(failure), "hint": failure.hint}
    facts = {**(document or {"schema": SCHEMA, "sources": []}), "exit_code": int(code), "error": error}
    return to_bytes(facts).decode("ascii").rstrip()
