"""Time the command beside what it has to be measured with, in turn, several times; every figure is of one round."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.actions import ROOT, Setting, source
from bench.scenarios import SCENARIOS, Figure, Scenario

RECORD = ROOT / "docs" / "performance.json"
_NAMES = [scenario.name for scenario in SCENARIOS]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark; what it found of a model is written as soon as it is there."""
    options = _parser().parse_args(arguments)
    setting = Setting(options.keras2_python, options.keras3_python, options.nox_python, options.folder.resolve())
    setting.folder.mkdir(parents=True, exist_ok=True)
    about = _about(options)
    for scenario in (one for one in SCENARIOS if one.name in (options.models or _NAMES)):
        found = {**_measured(scenario, setting, options.rounds), **about}
        for path in (setting.folder / "bench.json", *([RECORD] if options.record else [])):
            keep(found, path)
        _print(found)


def keep(found: Mapping[str, Any], path: Path) -> None:
    """Write what was found of a model into a record, in the place of what was found of it before."""
    rows = json.loads(path.read_text("utf-8"))["scenarios"] if path.exists() else []
    by_name = {**{row["name"]: row for row in rows}, found["name"]: found}
    document = {"scenarios": [by_name[name] for name in _NAMES if name in by_name]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"any of {', '.join(_NAMES)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".nox" / "bench", help="for models and bench.json")
    parser.add_argument("--record", action="store_true", help="keep it in docs/performance.json, which the docs print")
    for name in ("keras2", "keras3", "nox"):
        parser.add_argument(f"--{name}-python", required=True, help=argparse.SUPPRESS)
    return parser


def _about(options: argparse.Namespace) -> Mapping[str, Any]:
    """When, how and where it was measured."""
    words = [*options.models, *([] if options.rounds == 5 else ["--rounds", str(options.rounds)])]
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "command": " ".join(["nox -s bench", *(["--", *words] if words else [])]),
        "machine": {
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "processor": _processor(),
            "system": f"{platform.system()} {platform.machine()}",
        },
    }


def _processor() -> str:
    rows = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((row.partition(":")[2].strip() for row in rows if row.startswith("model name")), platform.processor())


def _measured(scenario: Scenario, setting: Setting, rounds: int) -> Mapping[str, Any]:
    """All rounds of a scenario; its actions take turns, so that a slow minute of the machine meets each of them."""
    source(setting, scenario.name)
    taken = [_round(scenario, setting) for _ in range(rounds)]
    return {
        "name": scenario.name,
        "about": scenario.about,
        "figures": [_figure(figure, taken) for figure in scenario.figures],
        "medians": {key: round(statistics.median(row[key] for row in taken), 3) for key in taken[0]},
        "rounds": [{key: round(value, 3) for key, value in row.items()} for row in taken],
    }


def _round(scenario: Scenario, setting: Setting) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for action in scenario.actions:
        found.update(action(setting, scenario.name))
    return found


def _figure(figure: Figure, taken: Sequence[Mapping[str, float]]) -> Mapping[str, Any]:
    values = [figure.of(row) for row in taken]
    median = statistics.median(values)
    good = (figure.most is None or median <= figure.most) and (figure.least is None or median >= figure.least)
    bounds = {"most": figure.most, "least": figure.least, "unit": figure.unit, "good": good}
    spread = {"lowest": round(min(values), 3), "highest": round(max(values), 3)}
    return {"name": figure.name, "median": round(median, 3), **spread, **bounds}


def _print(row: Mapping[str, Any]) -> None:
    table = Table(
        "figure", "median", "lowest to highest", "bound", title=f"{row['about']} ({len(row['rounds'])} rounds)"
    )
    for figure in row["figures"]:
        bound = f"<= {figure['most']}" if figure["most"] is not None else ""
        bound = f">= {figure['least']}" if figure["least"] is not None else bound
        style = None if figure["good"] else "red"
        spread = f"{figure['lowest']:.2f} to {figure['highest']:.2f}"
        table.add_row(figure["name"], f"{figure['median']:.2f} {figure['unit']}", spread, bound, style=style)
    Console().print(table)
    medians = ", ".join(f"{name} {value:g}" for name, value in row["medians"].items())
    Console().print(f"medians, in seconds and MiB: {medians}", soft_wrap=True)


if __name__ == "__main__":
    main()
