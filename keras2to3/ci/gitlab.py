"""GitLab's code quality report: an entry for each finding, which a merge request shows at the model's file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras2to3.ci import places
from keras2to3.ci.fingerprints import fingerprint
from keras2to3.ci.records import ERROR, NOTE, WARNING, Finding, Record

_SEVERITIES = {ERROR: "major", WARNING: "minor", NOTE: "info"}
_CRITICAL = frozenset({"unsafe", "differs"})


def document(records: Sequence[Record], root: Path) -> bytes:
    """The content of the file. A fingerprint stands in it once."""
    entries = {entry["fingerprint"]: entry for record in records for entry in _entries(record, root)}
    return json.dumps(list(entries.values()), indent=1, ensure_ascii=True).encode("ascii") + b"\n"


def _entries(record: Record, root: Path) -> list[dict[str, Any]]:
    path = f"keras2to3 {record.verb}" if record.source is None else places.shown(record.source, root)
    return [
        {
            "type": "issue",
            "check_name": f"keras2to3/{finding.condition}",
            "description": _description(record, finding),
            "categories": ["Compatibility"],
            "fingerprint": fingerprint(record, finding, root),
            "severity": _severity(finding),
            "location": {"path": path, "lines": {"begin": 1}},
        }
        for finding in record.findings
    ]


def _description(record: Record, finding: Finding) -> str:
    decided = f" ({record.decision})" if record.decision else ""
    return f"{record.status}: {finding.text}{decided}"


def _severity(finding: Finding) -> str:
    is_critical = finding.level == ERROR and finding.condition in _CRITICAL
    return "critical" if is_critical else _SEVERITIES[finding.level]
