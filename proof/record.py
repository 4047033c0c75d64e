"""What was proved last, for `docs/reliability.md`: one entry for each kind of proof."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proof.programs import ROOT, run

RECORD = ROOT / "docs" / "reliability.json"


def keep(kind: str, found: Mapping[str, Any], path: Path = RECORD) -> None:
    """Write what one kind of proof has found, in the place of what it found before."""
    entries = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps(dict(sorted({**entries, kind: found}.items())), indent=1) + "\n", encoding="utf-8")


def about(command: str, pythons: tuple[Path, Path]) -> Mapping[str, Any]:
    """When, how and with which Keras."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "command": command,
        "cores": os.cpu_count(),
        "keras": [_version(python) for python in pythons],
    }


def _version(python: Path) -> str:
    code = "import importlib.metadata as m; print(*(f'{d.name} {d.version}' for d in m.distributions()), sep='\\n')"
    rows = dict(row.split() for row in run([python, "-c", code]).stdout.splitlines())
    tensorflow = next(name for name in ("tensorflow", "tensorflow_cpu", "tensorflow-cpu") if name in rows)
    return f"Keras {rows['keras']} with TensorFlow {rows[tensorflow]}"
