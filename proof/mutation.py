"""Put faults into migrated models, and count which of those that show the verification catches."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from proof import corpus, programs, record
from proof.programs import migrate, run

WANTED = 0.995
"""The share of faults that has to be caught."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, migrate, put faults in, and tell; 1 if fewer are caught than have to be, or no fault shows."""
    options = parser().parse_args(arguments)
    begun = time.monotonic()
    pythons = (options.keras2_python, options.keras3_python)
    shutil.rmtree(options.folder, ignore_errors=True)
    sources = corpus.saved(options.folder / "models", options.keras2_python, options.models)
    reports = migrate(sources, options.folder / "models", options.folder / "migrated", pythons)
    paths = [report["output"]["path"] for report in reports.values() if report["status"] == "verified"]
    for report in reports.values():
        if report["status"] != "verified":
            print(f"left out, for it is {report['status']}: {report['source']['name']}")
    rows = judged(paths, options)
    found = {**summary(rows), **record.about(command(options), pythons), "seed": options.seed}
    found["minutes"] = round((time.monotonic() - begun) / 60, 1)
    print(told(found))
    if options.record:
        record.keep("mutation", found)
    return 0 if 0 < WANTED * found["shown"] <= found["caught"] and not found["unasked"] else 1


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = programs.parser("mutation", __doc__, "models and results")
    made.add_argument("models", nargs="*", metavar="WORD", help="models with this in their names (default: all)")
    made.add_argument("--seed", type=int, default=1, help="where faults are put, and which inputs are drawn")
    made.add_argument("--samples", type=int, default=512, help="drawn inputs for each model (default: %(default)s)")
    made.add_argument("--turns", type=int, default=1, help="places for each fault (default: %(default)s)")
    return made


def command(options: argparse.Namespace) -> str:
    """What was typed, without what has no effect on the result."""
    chosen = {"seed": 1, "samples": 512, "turns": 1}
    words = [*options.models]
    for name, default in chosen.items():
        if getattr(options, name) != default:
            words += [f"--{name}", str(getattr(options, name))]
    return " ".join(["nox -s mutation", *(["--", *words] if words else [])])


def judged(paths: Sequence[str], options: argparse.Namespace) -> list[Mapping[str, Any]]:
    """What becomes of every fault, asked in one process of Keras 3."""
    job, result = options.folder / "job.json", options.folder / "rows.jsonl"
    document = {"paths": sorted(paths), "seed": options.seed, "samples": options.samples, "turns": options.turns}
    job.write_text(json.dumps(document), encoding="utf-8")
    done = run([options.keras3_python, "-m", "proof.mutants", job, result])
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return [json.loads(line) for line in result.read_text("utf-8").splitlines()]


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """How many models, faults and verdicts there are, by fault too; and all that was missed."""
    rows = list(rows)
    asked = [row for row in rows if row["verdict"] != "unasked"]
    verdicts = Counter(row["verdict"] for row in asked)
    by_fault = {name: Counter(row["verdict"] for row in asked if row["fault"] == name) for name in _names(asked)}
    return {
        "models": len({row["model"] for row in asked}),
        "faults": len(asked),
        "shown": verdicts["caught"] + verdicts["missed"],
        "caught": verdicts["caught"],
        "hidden": verdicts["hidden"],
        "unopened": verdicts["unopened"],
        "by_fault": {name: dict(sorted(counts.items())) for name, counts in by_fault.items()},
        "missed": [row for row in asked if row["verdict"] == "missed"],
        "unasked": [{"model": row["model"], "text": row["text"]} for row in rows if row["verdict"] == "unasked"],
    }


def _names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["fault"] for row in rows))


def told(found: Mapping[str, Any]) -> str:
    """The summary in lines."""
    lines = [f"missed: {row['model']}: {row['fault']} in {row['where']}: {row['text']}" for row in found["missed"]]
    lines += [f"not asked: {row['model']}: {row['text']}" for row in found["unasked"]]
    share = found["caught"] / found["shown"] if found["shown"] else 0.0
    lines.append(f"{found['models']} models, {found['faults']} faults: {found['shown']} show, of which "
                 f"{found['caught']} are caught ({share:.2%}); {found['hidden']} are hidden from all drawn inputs, "
                 f"{found['unopened']} do not open")  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
