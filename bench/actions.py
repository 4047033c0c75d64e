"""What is timed: each action runs programs and returns its figures by name, seconds and MiB."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.models import MANY, UNTRAINED

ROOT = Path(__file__).resolve().parents[1]
Figures = dict[str, float]

_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "TF_ENABLE_ONEDNN_OPTS": "0"}
# What a machine may have set that makes every start compile the code anew.
_LEFT_OUT = "PYTHONDONTWRITEBYTECODE"
_FIRST = 8  # models of a long run that are left out of what a model costs, since some code runs for the first time
_WINDOW = 20  # models at the ends of a long run, as many of each kind in either
_TENTH = 10
_KINDS = len(MANY)


@dataclass(frozen=True)
class Setting:
    """The pythons of the two environments, that of nox, and the folder for models and results."""

    keras2: str
    keras3: str
    nox: str
    folder: Path

    @property
    def output(self) -> Path:
        """Where the command writes."""
        return self.folder / "migrated"


Action = Callable[[Setting, str], Figures]


def source(setting: Setting, name: str) -> Path:
    """The model called `name`, or the folder of so many small ones, made once by Keras 2."""
    path = setting.folder / (name if name.isdigit() else f"{name}.h5")
    if not path.exists():
        draft = setting.folder / f"draft-{path.name}"
        shutil.rmtree(draft, ignore_errors=True)
        _run(setting, [setting.keras2, "-m", "bench.models", name, str(draft)])
        draft.rename(path)
    return path


def imports(setting: Setting, _: str) -> Figures:
    """Both frameworks, imported side by side."""
    begun = time.perf_counter()
    modules = ("tensorflow", "keras")
    both = [_start(setting, [python, "-m", "bench.imports", *modules]) for python in (setting.keras2, setting.keras3)]
    peaks = [_facts(process)["peak"] for process in both]
    return {"imports": time.perf_counter() - begun, "imports.export": peaks[0], "imports.import": peaks[1]}


def plain(setting: Setting, name: str) -> Figures:
    """The two plain scripts, one after the other."""
    kept, target = str(setting.folder / "kept.npz"), str(setting.folder / "plain.keras")
    begun = time.perf_counter()
    first = _run(setting, [setting.keras2, "-m", "bench.plain_keras2", str(source(setting, name)), kept])
    second = _run(setting, [setting.keras3, "-m", "bench.plain_keras3", name, kept, target])
    seconds = time.perf_counter() - begun
    return {"plain": seconds, "plain.peak": max(first["peak"], second["peak"])}


def command(setting: Setting, name: str) -> Figures:
    """The command, and its stages as the report tells them."""
    seconds, rows = _migrate(setting, name)
    stages = {f"command.{stage}": value for stage, value in rows[0]["timing"].items()}
    weights = json.loads(Path(rows[0]["report"]).read_text("utf-8"))["weights"]["bytes"] / 2**20
    return {"command": seconds, "weights": weights, **stages}


def untrained(setting: Setting, name: str) -> Figures:
    """The command over the same model as it is without its training."""
    return {"uncompiled": _migrate(setting, name + UNTRAINED)[0]}


def many(setting: Setting, count: str) -> Figures:
    """The command over many small models: its stages summed up, and the tenth model beside the last.

    A machine's speed changes within a run by more than is looked for, so the seconds of the two are those of the
    straight line along all models.
    """
    seconds, rows = _migrate(setting, count)
    times = [row["timing"] for row in rows]
    busy = [{stage: time[stage] - time[f"{stage}.wait"] for stage in ("export", "import")} for time in times]
    found = {"command": seconds, "models": float(len(rows))}
    found["tenth"], found["last"] = _on_line([sum(row.values()) for row in busy], (_TENTH, len(rows)))
    for stage in ("export", "import"):
        found[f"sum.{stage}"] = sum(row[stage] for row in busy)
        filled = [time[f"{stage}.filled"] for time in times]
        windows = (filled[_FIRST:][:_WINDOW], filled[-_WINDOW:])
        found[f"first.{stage}"], found[f"last.{stage}"] = map(statistics.median, windows)
    return found


def _on_line(seconds: Sequence[float], numbers: Sequence[int]) -> Sequence[float]:
    """What the models of these numbers cost by the line of Theil and Sen, which a slow minute does not turn.

    Its points are means of as many models in turn as there are kinds of them.
    """
    begins = range(_FIRST, len(seconds) - _KINDS + 1, _KINDS)
    points = [(begin + (_KINDS + 1) / 2, statistics.mean(seconds[begin:][:_KINDS])) for begin in begins]
    slope = statistics.median((b - a) / (y - x) for (x, a), (y, b) in itertools.combinations(points, 2))
    at_none = statistics.median(a - slope * x for x, a in points)
    return [at_none + slope * number for number in numbers]


def floor(setting: Setting, count: str) -> Figures:
    """What Keras 2 and Keras 3 take for the same models, side by side; there is no way below the longer of both."""
    pairs = {"export": (setting.keras2, source(setting, count)), "import": (setting.keras3, setting.output)}
    started = {
        stage: _start(setting, [python, "-m", "bench.stock_many", str(folder)])
        for stage, (python, folder) in pairs.items()
    }
    return {f"floor.{stage}": _facts(process)["seconds"] for stage, process in started.items()}


def stock(setting: Setting, name: str) -> Figures:
    """Keras 3 saves the same model and loads it again, without the imports."""
    path = str(setting.folder / "stock.keras")
    saved, loaded = (_run(setting, [setting.keras3, "-m", "bench.stock", do, name, path]) for do in ("save", "load"))
    return {"stock": saved["seconds"] + loaded["seconds"], "stock.load": loaded["peak"]}


def again(setting: Setting, name: str) -> Figures:
    """`nox -s migrate` where the command has just been: all that is not done by a worker."""
    arguments = _sources(setting, name)
    begun = time.perf_counter()
    _call(setting, [setting.nox, "-m", "nox", "-f", str(ROOT / "noxfile.py"), "-s", "migrate", "--", *arguments])
    seconds = time.perf_counter() - begun
    if not all(row["resumed"] for row in _rows(setting)):
        raise SystemExit(f"{name}: the second run did it again")
    return {"outside": seconds}


def _migrate(setting: Setting, name: str) -> tuple[float, Sequence[Mapping[str, Any]]]:
    """Seconds of the command over a fresh output folder, and the rows of its summary, all of which are verified."""
    shutil.rmtree(setting.output, ignore_errors=True)
    pythons = ["--keras2-python", setting.keras2, "--keras3-python", setting.keras3]
    arguments = [*_sources(setting, name), *pythons]
    begun = time.perf_counter()
    _call(setting, [sys.executable, "-m", "keras2to3", "migrate", *arguments])
    return time.perf_counter() - begun, _rows(setting)


def _sources(setting: Setting, name: str) -> list[str]:
    """What is migrated, with all results of a folder side by side."""
    path = source(setting, name)
    root = path if path.is_dir() else path.parent
    return [str(path), "--root", str(root), "--output-dir", str(setting.output)]


def _rows(setting: Setting) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = json.loads((setting.output / "summary.json").read_text("utf-8"))["sources"]
    return rows


def _start(setting: Setting, command: Sequence[str]) -> subprocess.Popen[str]:
    environment = {**os.environ, **_QUIET, "PYTHONPATH": str(ROOT)}
    environment.pop(_LEFT_OUT, None)
    return subprocess.Popen(
        command,
        env=environment,
        cwd=setting.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _call(setting: Setting, command: Sequence[str]) -> str:
    return _ended(_start(setting, command))


def _run(setting: Setting, command: Sequence[str]) -> Mapping[str, float]:
    """What a script of ours prints last."""
    return _facts(_start(setting, command))


def _facts(process: subprocess.Popen[str]) -> Mapping[str, float]:
    lines = _ended(process).splitlines()
    found: Mapping[str, float] = json.loads(lines[-1]) if lines else {}
    return found


def _ended(process: subprocess.Popen[str]) -> str:
    said, errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"{process.args!r} ended with {process.returncode}:\n{said[-2000:]}{errors[-2000:]}")
    return said
