"""Kill processes, cut the power and let the disk fail, and tell what was wrong afterwards."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from proof import programs, record
from proof.crashes import failing_disk, power_loss
from proof.crashes.kills import Kills
from proof.crashes.results import Trial

KINDS = ("kill", "power", "disk")


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all kinds, and tell; 1 if anything was wrong, or nothing could be tried."""
    options = parser().parse_args(arguments)
    begun, found = time.monotonic(), list[Trial]()
    options.folder.mkdir(parents=True, exist_ok=True)
    for kind in options.kinds or KINDS:
        if why := missing(kind, options):
            print(f"{kind} is left out: {why}")
            continue
        for trial in trials(kind, options):
            found.append(trial)
            for problem in trial.problems:
                print(f"{trial.kind}, {trial.what}: {problem}", flush=True)
            if len(found) % 20 == 0:
                print(f"{len(found)} tried", flush=True)
    rows = [asdict(trial) for trial in found]
    (options.folder / "trials.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    pythons = (options.keras2_python, options.keras3_python)
    summed = {**summary(found), **record.about(command(options), pythons)}
    summed["minutes"] = round((time.monotonic() - begun) / 60, 1)
    print(json.dumps(summed, indent=1))
    if options.record:
        record.keep("crashes", summed)
    return 0 if found and not summed["problems"] else 1


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = programs.parser("crashes", __doc__, "models and trials.json")
    made.set_defaults(folder=programs.ROOT / ".nox" / "crashes-runs")  # the session has an environment in the usual one
    made.add_argument("kinds", nargs="*", choices=KINDS, metavar="KIND", help="kill, power or disk (default: all)")
    made.add_argument("--count", type=int, default=50, help="how many of each (default: %(default)s)")
    made.add_argument("--seed", type=int, default=1, help="which times (default: %(default)s)")
    made.add_argument("--fuse-python", type=Path, help=argparse.SUPPRESS)
    return made


def command(options: argparse.Namespace) -> str:
    """What was typed."""
    return " ".join(["nox -s crashes --", *options.kinds, f"--count {options.count} --seed {options.seed}"])


def missing(kind: str, options: argparse.Namespace) -> str | None:
    """Why a kind cannot be tried here; None if it can."""
    if kind == "power":
        return power_loss.missing()
    return failing_disk.missing(options.fuse_python) if kind == "disk" else None


def trials(kind: str, options: argparse.Namespace) -> Iterator[Trial]:
    """Those of a kind."""
    place = (options.folder / kind).resolve()
    place.mkdir(parents=True, exist_ok=True)
    if kind == "kill":
        return Kills(place, (options.keras2_python, options.keras3_python), options.seed).trials(options.count)
    if kind == "power":
        return power_loss.trials(place, options.count, options.seed)
    return failing_disk.trials(place, options.fuse_python, options.count, options.seed)


def summary(found: Sequence[Trial]) -> dict[str, Any]:
    """How many there were of each kind, of what, and all that was wrong."""
    return {
        "trials": dict(Counter(trial.kind for trial in found)),
        "kills": dict(sorted(Counter(trial.what for trial in found if trial.kind == "kill").items())),
        "problems": [{"what": trial.what, "text": text} for trial in found for text in trial.problems],
    }


if __name__ == "__main__":
    sys.exit(main())
