"""Migrate models that nobody has written, and judge the results with stock Keras 3 on inputs of their own."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from proof import genes, programs, record, shrinking
from proof.judging import Verdict, verdicts
from proof.programs import ROOT

BAD = ("wrong", "failed")
FOUND = ROOT / "tests" / "models" / "genes"
"""Genes that a defect was found with, as small as they could be made."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate and judge, shrink what is bad, and tell; 1 if anything is, or no model was judged."""
    options = parser().parse_args(arguments)
    begun, judged = time.monotonic(), dict[str, Verdict]()
    drawn: dict[str, genes.Gene] = {}
    pythons = (options.keras2_python, options.keras3_python)
    for start in range(0, options.count, options.batch):
        if options.minutes and time.monotonic() - begun > 60 * options.minutes:
            break
        numbers = range(start, min(start + options.batch, options.count))
        batch = {f"{options.seed}-{number:05}": genes.drawn(options.seed, number) for number in numbers}
        judged.update(verdicts(batch, options.folder / "batch", pythons))
        drawn.update(batch)
        print(f"{len(judged)} models: {counted(judged)}", flush=True)
    bad = {name: drawn[name] for name, verdict in judged.items() if verdict.kind in BAD}
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = [{"name": name, "kind": each.kind, "text": each.text} for name, each in judged.items()]
    (options.folder / "verdicts.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    found = {**summary(judged), **record.about(command(options, len(judged)), pythons), "seed": options.seed}
    found["minutes"] = round((time.monotonic() - begun) / 60, 1)
    for name, gene in bad.items():
        told(name, judged[name], gene, options)
    if options.record:
        record.keep("generation", found)
    return 0 if found["models"] and not bad else 1


def told(name: str, verdict: Verdict, gene: genes.Gene, options: argparse.Namespace) -> None:
    """Print what is bad, and write its gene, made smaller unless that is not wanted."""
    print(f"{verdict.kind}: {name}: {verdict.text}")
    if options.shrink:
        pythons = (options.keras2_python, options.keras3_python)
        gene = shrinking.shrunk(gene, verdict, lambda batch: verdicts(batch, options.folder / "shrinking", pythons))
    path = options.folder / f"{name}.json"
    document = {"wanted": "right", "verdict": verdict.kind, "text": verdict.text, "gene": gene}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"  {len(gene['steps'])} steps in {path}; in {FOUND.relative_to(ROOT)} a test replays it")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = programs.parser("generate", __doc__, "models and verdicts.json")
    made.add_argument("--count", type=int, default=200, help="how many models (default: %(default)s)")
    made.add_argument("--seed", type=int, default=1, help="which models (default: %(default)s)")
    made.add_argument("--minutes", type=float, help="draw no more batches after so long")
    made.add_argument("--batch", type=int, default=100, help="models migrated by one command (default: %(default)s)")
    made.add_argument("--no-shrink", dest="shrink", action="store_false", help="leave what is bad as it was drawn")
    return made


def command(options: argparse.Namespace, count: int) -> str:
    """What draws the same models again."""
    return f"nox -s generate -- --count {count} --seed {options.seed}"


def counted(judged: Mapping[str, Verdict]) -> str:
    """How many there are of each verdict, in words."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(v.kind for v in judged.values()).items()))


def summary(judged: Mapping[str, Verdict]) -> dict[str, Any]:
    """How many models and verdicts there are, why models were refused, and all that is bad."""
    kinds = Counter(verdict.kind for verdict in judged.values())
    reasons = Counter(verdict.text for verdict in judged.values() if verdict.kind == "refused")
    return {
        "models": len(judged) - kinds["invalid"],
        "verdicts": {kind: kinds[kind] for kind in ("right", "refused", *BAD, "invalid")},
        "refused": dict(reasons.most_common(12)),
        "bad": [{"name": name, "verdict": verdict.kind, "text": verdict.text}
                for name, verdict in judged.items() if verdict.kind in BAD],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
