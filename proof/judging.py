"""What becomes of genes: built with Keras 2.15, migrated, and asked by stock Keras 3."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from interchange.text import in_one_line
from interchange.workers.tolerances import Tolerance, tolerance
from proof.arrays import read
from proof.differences import gap, in_parts
from proof.drawing import MANNERS
from proof.programs import ROOT, migrate, run

_HALVES = ("bfloat16", "float16")


@dataclass(frozen=True)
class Verdict:
    """`right`, `wrong`, `refused`, `failed`, or `invalid` where Keras 2.15 has no such model; and why."""

    kind: str
    text: str = ""


def verdicts(genes: Mapping[str, Any], folder: Path, pythons: tuple[Path, Path]) -> dict[str, Verdict]:
    """The verdict on each gene; all are built, migrated and asked together."""
    shutil.rmtree(folder, ignore_errors=True)
    models = folder / "models"
    models.mkdir(parents=True)
    built = _built(genes, folder, pythons[0])
    paths = {name: Path(row["path"]) for name, row in built.items() if "path" in row}
    reports = migrate(list(paths.values()), models, folder / "migrated", pythons) if paths else {}
    by_name = {name: reports[str(path)] for name, path in paths.items()}
    verified = {name: report["output"]["path"] for name, report in by_name.items() if report["status"] == "verified"}
    _asked(verified, folder, pythons[1])
    return {name: _verdict(name, gene, built[name], by_name.get(name), folder) for name, gene in genes.items()}


def _built(genes: Mapping[str, Any], folder: Path, python: Path) -> Mapping[str, Any]:
    jobs, result = folder / "genes.json", folder / "built.json"
    jobs.write_text(json.dumps({"folder": str(folder / "models"), "genes": genes}), encoding="utf-8")
    done = run([python, "-m", "proof.building", jobs, result])
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found: Mapping[str, Any] = json.loads(result.read_text("utf-8"))
    return found


def _asked(paths: Mapping[str, str], folder: Path, python: Path) -> None:
    """Let stock Keras answer, in a process that knows nothing of this project."""
    rows = [
        {"model": path, "inputs": f"{folder}/models/{name}.inputs.npz", "outputs": f"{folder}/{name}.npz"}
        for name, path in paths.items()
    ]
    jobs = folder / "jobs.json"
    jobs.write_text(json.dumps(rows), encoding="utf-8")
    done = run([python, ROOT / "proof" / "stock_answers.py", jobs], ours=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])


def _verdict(name: str, gene: Any, built: Mapping[str, str], report: Any, folder: Path) -> Verdict:
    if report is None:
        return Verdict("invalid", built["invalid"])
    if report["status"] != "verified":
        kind = "refused" if report["status"] == "refused" else "failed"
        return Verdict(kind, in_one_line(f"{report['status']}: {(report['error'] or {}).get('message')}", 300))
    answers = folder / f"{name}.npz"
    if not answers.exists():
        return Verdict("wrong", answers.with_suffix(".error").read_text("utf-8")[-400:])
    kept = folder / "models"
    return compared(read(answers), read(kept / f"{name}.outputs.npz"), read(kept / f"{name}.noise.npz"), _within(gene))


def _within(gene: Any) -> Tolerance:
    """What the project itself allows for models that compute in these dtypes."""
    text = json.dumps(gene)
    found = [name for name in _HALVES if name in text]
    return tolerance(["float16"] if found == ["bfloat16", "float16"] and "mixed_float16" in text else found[:1])


def compared(found: list[Any], wanted: list[Any], noise: list[Any], within: Tolerance) -> Verdict:
    """Whether Keras 3 answers what Keras 2.15 has answered."""
    if [dtype for dtype, _ in found] != [dtype for dtype, _ in wanted]:
        return Verdict("wrong", f"outputs are {[dtype for dtype, _ in found]}, not {[dtype for dtype, _ in wanted]}")
    for place, ((_, a), (_, b), (_, c)) in enumerate(zip(found, wanted, noise)):
        apart = max(gap([x], [y], [z], within) for x, y, z in in_parts([a, b, c], MANNERS))
        if apart > 1:
            return Verdict("wrong", f"output {place} is {apart:.3g} times as far away as rounding may bring it")
        if np.isnan(apart):
            return Verdict("wrong", f"output {place} cannot be compared")
    return Verdict("right")
