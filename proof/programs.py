"""What the programs of the proof have in common: their options, and how they start others."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_PLAIN = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}


def run(command: Sequence[object], *, ours: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; without `ours`, nothing of this project can be imported in it."""
    environment = {**os.environ, **_PLAIN, "PYTHONPATH": str(ROOT)}
    if not ours:
        del environment["PYTHONPATH"]
    return subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True, check=False)


def migrate(sources: Sequence[Path], root: Path, target: Path, pythons: tuple[Path, Path]) -> Mapping[str, Any]:
    """Migrate all with one command, which keeps the bundles; the reports by the path of the source."""
    words = ["--root", root, "--output-dir", target, "--keep-bundles", "--no-html"]
    both = ["--keras2-python", pythons[0], "--keras3-python", pythons[1]]
    done = run([sys.executable, "-m", "keras2to3", "migrate", *sources, *words, *both])
    summary = target / "summary.json"
    if not summary.exists():
        raise RuntimeError(f"migrate ended with {done.returncode}:\n{done.stderr[-3000:]}")
    reports = [json.loads(path.read_text("utf-8")) for path in target.rglob("*.report.json")]
    return {report["source"]["path"]: report for report in reports}


def parser(name: str, about: str | None, files: str) -> argparse.ArgumentParser:
    """The options that all have: where `files` go, whether to keep a record, and the environments."""
    made = argparse.ArgumentParser(prog=f"nox -s {name} --", description=about)
    made.add_argument("--folder", type=Path, default=ROOT / ".nox" / name, help=f"for {files}")
    made.add_argument("--record", action="store_true", help="keep it in docs/reliability.json, which the docs print")
    for side in ("keras2", "keras3"):
        made.add_argument(f"--{side}-python", type=Path, required=True, help=argparse.SUPPRESS)
    return made
