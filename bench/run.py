"""Time the command and the two plain scripts in turn, several times, and print the ratios."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.models import MODELS

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Setting:
    """The pythons of the two environments and the folder for models and results."""

    keras2: str
    keras3: str
    folder: Path


@dataclass(frozen=True)
class Row:
    """One model: seconds of every round, and the median of the rounds' ratios."""

    model: str
    megabytes: float
    plain_seconds: list[float]
    command_seconds: list[float]
    ratio: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and write its JSON."""
    options = _parser().parse_args(arguments)
    setting = Setting(options.keras2_python, options.keras3_python, options.folder.resolve())
    setting.folder.mkdir(parents=True, exist_ok=True)
    rows = [_measure(name, setting, options.rounds) for name in options.models]
    (setting.folder / "bench.json").write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    _print(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS), help=f"any of {', '.join(MODELS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=_ROOT / ".nox" / "bench", help="for models and bench.json")
    parser.add_argument("--keras2-python", required=True)
    parser.add_argument("--keras3-python", required=True)
    return parser


def _measure(name: str, setting: Setting, rounds: int) -> Row:
    model = setting.folder / f"{name}.h5"
    if not model.exists():
        _run(setting, [setting.keras2, "-m", "bench.models", name, str(model)])
    plain, command = [], []
    for _ in range(rounds):  # in turn, so that a slow minute of the machine meets both
        plain.append(_seconds(lambda: _plain(name, model, setting)))
        command.append(_seconds(lambda: _command(model, setting)))
    ratio = statistics.median(c / p for c, p in zip(command, plain))
    return Row(name, round(model.stat().st_size / 2**20, 1), plain, command, round(ratio, 3))


def _plain(name: str, model: Path, setting: Setting) -> None:
    kept = str(setting.folder / "kept.npz")
    _run(setting, [setting.keras2, "-m", "bench.plain_keras2", str(model), kept])
    _run(setting, [setting.keras3, "-m", "bench.plain_keras3", name, kept, str(setting.folder / "plain.keras")])


def _command(model: Path, setting: Setting) -> None:
    output = setting.folder / "migrated"
    shutil.rmtree(output, ignore_errors=True)
    pythons = ["--keras2-python", setting.keras2, "--keras3-python", setting.keras3]
    _run(setting, [sys.executable, "-m", "keras2to3", "migrate", str(model), "--output-dir", str(output), *pythons])


def _run(setting: Setting, command: list[str]) -> None:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "TF_ENABLE_ONEDNN_OPTS": "0"}
    environment = {**os.environ, **quiet, "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(command, env=environment, cwd=setting.folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _seconds(action: Callable[[], None]) -> float:
    begun = time.perf_counter()
    action()
    return round(time.perf_counter() - begun, 3)


def _print(rows: Sequence[Row]) -> None:
    table = Table("model", "MB", "two plain scripts, s", "the command, s", "ratio (median)", title="lower is better")
    for row in rows:
        seconds = [f"{statistics.median(values):.1f}" for values in (row.plain_seconds, row.command_seconds)]
        table.add_row(row.model, f"{row.megabytes}", *seconds, f"{row.ratio:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
