"""SARIF 2.1.0: a result for each finding, which GitHub's code scanning and editors show at the model's file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras2to3 import __version__
from keras2to3.ci import places
from keras2to3.ci.fingerprints import fingerprint
from keras2to3.ci.records import FAILED, INTERRUPTED, Finding, Record
from keras2to3.policy import CONDITIONS

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_OTHERS = {FAILED: "the source could not be worked on", INTERRUPTED: "the source was not reached"}
_BASE = "SRCROOT"


def document(records: Sequence[Record], root: Path) -> bytes:
    """The content of the file."""
    rules = {**{name: condition.meaning for name, condition in CONDITIONS.items()}, **_OTHERS}
    used = [name for name in rules if any(each.condition == name for record in records for each in record.findings)]
    results = [_result(record, each, used, root) for record in records for each in record.findings]
    driver = {
        "name": "keras2to3",
        "version": __version__,
        "rules": [{"id": name, "shortDescription": {"text": rules[name]}} for name in used],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {_BASE: {"description": {"text": "the folder of the repository"}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    whole = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=1, ensure_ascii=True).encode("ascii") + b"\n"


def _result(record: Record, finding: Finding, rules: Sequence[str], root: Path) -> dict[str, Any]:
    text = f"{finding.text} Hint: {finding.hint}" if finding.hint else finding.text
    result: dict[str, Any] = {
        "ruleId": finding.condition,
        "ruleIndex": rules.index(finding.condition),
        "level": finding.level,
        "message": {"text": f"{record.name}: {record.status}: {text}"},
        "partialFingerprints": {"keras2to3/v1": fingerprint(record, finding, root)},
        "properties": {"exitCode": record.exit_code.value, "status": record.status, "verb": record.verb},
    }
    if record.source is not None:
        result["locations"] = [_location(record.source, finding, root)]
    if record.decision is not None:
        result["properties"]["policy"] = record.decision
    if record.is_allowed:
        result["suppressions"] = [{"kind": "external", "justification": record.decision}]
    return result


def _location(source: Path, finding: Finding, root: Path) -> dict[str, Any]:
    uri = places.uri(source, root)
    base = {} if uri.startswith("file:") else {"uriBaseId": _BASE}
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": uri, **base}}}
    if finding.layer:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.layer, "kind": "layer"}]
    return location
