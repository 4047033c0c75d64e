"""What tells whether a finding is the same as in an earlier run."""

from __future__ import annotations

import hashlib
from pathlib import Path

from keras2to3.ci import places
from keras2to3.ci.records import Finding, Record


def fingerprint(record: Record, finding: Finding, root: Path) -> str:
    """SHA-256 of the source, the condition, the layer and the text, which are the same whenever it is found."""
    source = "" if record.source is None else places.relative(record.source, root)
    parts = (record.verb, source, finding.condition, finding.layer, finding.text)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
