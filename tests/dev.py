"""Whether Keras 2.15 and Keras 3 agree on operators or layers, in seconds: `nox -s dev -- operator NAME [NAME ...]`.

The examples of the rule are saved by Keras 2.15 and migrated by the command, as the end-to-end tests do. Both workers
start with every call, because they have to import the code that was just changed. The saved models are kept in
`build/dev` and are saved again when the examples change.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.models import every_key, layer_rules, operators
from tests.support.paths import MODELS, ROOT

SAVED = ROOT / "build" / "dev"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def operator_models(names: list[str]) -> dict[str, Any]:
    """The examples of the operators that have these names, by script and model."""
    from translation.operators import table

    known = {name: operator.names[0] for operator in table().values() for name in operator.names}
    wanted = [known[known_as("operator", name.removeprefix("tf."), known)] for name in names]
    rows = operators.examples()
    for name in wanted:
        if name not in rows:
            sys.exit(f"The operator {name} has no examples: tests/e2e/test_operators.py says which tests it has.")
    return {"operators.py": {name: rows[name] for name in wanted}}


def layer_models(names: list[str]) -> dict[str, Any]:
    """The examples of the rules for these classes, and the model with a branch for every key, by script and model."""
    known = [name for kind, name in every_key.KEYS if kind == "layers"]
    wanted = [known_as("rule for a layer", name, known) for name in names]
    examples = {name: row for name, row in layer_rules.examples().items() if row["class"] in wanted}
    return {"layer_rules.py": examples, "every_key.py": {name: every_key.branches("layers", name) for name in wanted}}


def known_as(kind: str, name: str, known: Iterable[str]) -> str:
    """The name, or the end of the program with the names that may be meant."""
    if name not in known:
        close = difflib.get_close_matches(name, known, n=5, cutoff=0.5)
        sys.exit(f"There is no {kind} {name}." + (f" Did you mean {', '.join(close)}?" if close else ""))
    return name


def saved(script: str, rows: Mapping[str, Any], python: Path) -> list[Path]:
    """The models of these rows, saved by a script of `tests/models` unless they are there."""
    text = (MODELS / script).read_text(encoding="utf-8")
    paths = {}
    for name, row in rows.items():
        digest = hashlib.sha256(json.dumps([text, row], sort_keys=True).encode()).hexdigest()[:16]
        paths[name] = SAVED / f"{script}-{digest}" / f"{name}.h5"
    missing = {name: rows[name] for name, path in paths.items() if not path.exists()}
    if missing:
        with TemporaryDirectory(dir=SAVED) as folder:
            examples = Path(folder) / "examples.json"
            examples.write_text(json.dumps(missing))
            arguments = [*missing] if script == "every_key.py" else [examples]
            run([python, MODELS / script, folder, *arguments], check=True)
            for name in missing:
                paths[name].parent.mkdir(exist_ok=True)
                (Path(folder) / f"{name}.h5").replace(paths[name])
    return list(paths.values())


def run(command: list[Any], *, check: bool) -> int:
    """Run a program and return its exit code; what it has written is shown if it fails although it must not."""
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(done.stderr)
    return done.returncode


def verdict(report: Mapping[str, Any]) -> Iterator[str]:
    """What a report says, in lines: the outputs that were compared, or what is wrong."""
    outputs = (report["verification"] or {}).get("outputs", [])
    different = [row for row in outputs if not row["equal"]]
    name = Path(report["source"]["path"]).stem
    if report["status"] == "verified":
        largest = max((row["max_abs"] or 0.0 for row in outputs), default=0.0)
        yield f"{name}: {len(outputs)} outputs agree, the largest difference is {largest:.2g}"
    else:
        yield f"{name}: {report['status']}: {report['error']['message']}"
        yield from (f"    {row['text']}" for row in report["error"].get("problems", []))
        yield from (f"    output {row['name']} differs by {row['max_abs']}" for row in different)


def main() -> int:
    """Save, migrate, and print a verdict for each model."""
    parser = argparse.ArgumentParser(prog="nox -s dev --", description=__doc__)
    parser.add_argument("kind", choices=("operator", "layer"))
    parser.add_argument("names", nargs="+", metavar="NAME", help="a function of TensorFlow, or a class of Keras 2")
    parser.add_argument("--keras2-python", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--keras3-python", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    begun = time.monotonic()
    SAVED.mkdir(parents=True, exist_ok=True)
    models = operator_models(options.names) if options.kind == "operator" else layer_models(options.names)
    sources = [path for script, rows in models.items() for path in saved(script, rows, options.keras2_python)]
    pythons = [f"--keras{number}-python={getattr(options, f'keras{number}_python')}" for number in (2, 3)]
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "keras2to3", "migrate", *sources, "--flat", "--output-dir", folder, *pythons]
        code = run(command, check=False)
        for source in sources:
            report = json.loads((Path(folder) / f"{source.stem}.report.json").read_text(encoding="utf-8"))
            print("\n".join(verdict(report)))
    print(f"{time.monotonic() - begun:.1f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
