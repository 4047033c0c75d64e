"""The scanner in the process of the tests, as a fixture of pytest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Failure, failure_of
from keras2to3.scanner.process.client import Scanner


@pytest.fixture
def scan_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan in this process, which is quicker than to start one and can be seen into."""

    def ask(_: Scanner, op: str, __: Path, request: Mapping[str, Any], *___: Any) -> Mapping[str, Any]:
        from keras2to3.scanner.process.handlers import HANDLERS

        try:
            return json.loads(json.dumps(HANDLERS[op](request, print)))
        except Exception as error:  # noqa: BLE001  (as the process answers whatever is raised)
            failure = failure_of(error)
            raise Failure.from_json(failure.to_json()) from None

    monkeypatch.setattr(Scanner, "_ask", ask)
