"""Mutate, generate, break files and kill runs in rounds, each with other seeds, until the time is over."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from proof import generate, mutation, programs, record
from proof.programs import ROOT

FILES = ("tests/integration/scanner/test_mutated_files.py",)
KILLS = ("tests/e2e/test_troubles.py", "tests/integration/results/test_workspace.py")
SEEDS_OF_A_ROUND = 25
"""How many files of each format a round breaks."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run rounds until the time is over, and tell what is bad; 1 if anything is."""
    options = parser().parse_args(arguments)
    begun, rounds = time.monotonic(), list[Mapping[str, Any]]()
    pythons = (options.keras2_python, options.keras3_python)
    while not rounds or time.monotonic() - begun < 60 * options.minutes:
        rounds.append(one_round(options.seed + len(rounds), options))
        found = {**summary(rounds), **record.about(command(options), pythons), "seed": options.seed}
        found["minutes"] = round((time.monotonic() - begun) / 60, 1)
        print(f"{found['rounds']} rounds: {json.dumps(found['totals'])}", flush=True)
        if options.record:
            record.keep("soak", found)
    return 1 if any(row["bad"] for row in rounds) else 0


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = programs.parser("soak", __doc__, "models and results")
    made.add_argument("--minutes", type=float, default=60, help="begin no round after so long (default: %(default)s)")
    made.add_argument("--seed", type=int, default=1, help="that of the first round (default: %(default)s)")
    made.add_argument("--count", type=int, default=100, help="random models of a round (default: %(default)s)")
    made.add_argument("--models", nargs="*", default=[], metavar="WORD", help="mutate those with this in their names")
    return made


def command(options: argparse.Namespace) -> str:
    """What was typed."""
    return f"nox -s soak -- --minutes {options.minutes:g} --seed {options.seed}"


def one_round(seed: int, options: argparse.Namespace) -> Mapping[str, Any]:
    """One of each, and what came of it: counts by name, and lines about what is bad."""
    pythons = ["--keras2-python", str(options.keras2_python), "--keras3-python", str(options.keras3_python)]
    common = ["--seed", str(seed), *pythons]
    models, mutants = options.folder / "generate", options.folder / "mutation"
    generate.main(["--count", str(options.count), "--folder", str(models), *common])
    mutation.main([*options.models, "--folder", str(mutants), *common])
    verdicts = json.loads((models / "verdicts.json").read_text("utf-8"))
    rows = [json.loads(line) for line in (mutants / "rows.jsonl").read_text("utf-8").splitlines()]
    others = {f"KERAS2TO3_ENV_KERAS{number}": str(getattr(options, f"keras{number}_python")) for number in (2, 3)}
    broken, killed = tested(FILES, seed, others), tested(KILLS, seed, others, "-k", "killed")
    counts = Counter(f"models {row['kind']}" for row in verdicts) + Counter(f"faults {row['verdict']}" for row in rows)
    counts["tests of broken files"], counts["tests of kills"] = broken[0], killed[0]
    bad = [f"{row['kind']}: {row['name']}: {row['text']}" for row in verdicts if row["kind"] in generate.BAD]
    bad += [f"missed: {row['model']}: {row['fault']} in {row['where']}" for row in rows if row["verdict"] == "missed"]
    return {"seed": seed, "counts": counts, "bad": [*bad, *broken[1], *killed[1]]}


def tested(files: Sequence[str], seed: int, others: Mapping[str, str], *options: str) -> tuple[int, list[str]]:
    """How many tests of these files passed with a seed of their own, and which failed."""
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, *options]
    first = str(seed * SEEDS_OF_A_ROUND)
    environment = {**os.environ, **others, "PYTHONPATH": str(ROOT), "KERAS2TO3_FIRST_SEED": first}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return counted(done.stdout, first)


def counted(output: str, first: str) -> tuple[int, list[str]]:
    """The number of tests that passed, and the failures, by what pytest prints."""
    lines = output.splitlines()
    failed = [f"{line} with KERAS2TO3_FIRST_SEED={first}" for line in lines if line.startswith(("FAILED", "ERROR"))]
    words = lines[-1].split() if lines else []
    passed = next((int(number) for number, word in zip(words, words[1:]) if word.startswith("passed")), 0)
    return passed, failed if passed or failed else ["pytest ended without a result"]


def summary(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The totals of all rounds, and all that is bad with the seed of its round."""
    totals = sum((Counter(row["counts"]) for row in rounds), Counter[str]())
    bad = [{"seed": row["seed"], "text": text} for row in rounds for text in row["bad"]]
    return {"rounds": len(rounds), "totals": dict(sorted(totals.items())), "bad": bad}


if __name__ == "__main__":
    sys.exit(main())
