"""Whether the verification notices faults: `python -m proof.mutants JOBS.json RESULT.json`, run with Keras 3.

The jobs name results with their bundles, a seed, and how many samples and how many turns of each fault there are.
"""

from __future__ import annotations

import copy
import gc
import json
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from importer.verify.inference import forget_models
from importer.verify.output_dtypes import tolerances
from importer.verify.verify import verify
from interchange.bundle import Bundle
from interchange.errors import Failure
from interchange.messages.requests import ToleranceOptions
from interchange.text import in_one_line
from interchange.workers.tolerances import Tolerance
from proof.asking import Questions, answer, questions
from proof.differences import gap
from proof.faults import applied, planned
from proof.parts import Parts


@dataclass(frozen=True)
class Row:
    """One fault in one model, and what became of it.

    `verdict` is `unopened` where Keras cannot open or run the file, `hidden` where no sample shows the fault, else
    `caught` or `missed`. `gap` is the largest difference as a multiple of what rounding may explain.
    """

    model: str
    fault: str
    where: str
    verdict: str
    gap: float | None = None
    text: str = ""


def rows(path: Path, seed: int, samples: int, turns: int) -> Iterator[Row]:
    """What becomes of every fault in one result; raises if the result itself is not what its bundle says."""
    import keras

    random = np.random.default_rng(seed)
    model = keras.saving.load_model(path, compile=False)
    asked = questions(model, samples, random)
    bundle = Bundle.open(path.with_suffix(".bundle"))
    verify(model, bundle, ToleranceOptions())
    parts, seen = Parts.read(path), set()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "mutant.keras"
        for name, fault, own in planned(seed, turns):
            changed = Parts(copy.deepcopy(parts.config), dict(parts.tensors), dict(parts.members))
            where = applied(changed, fault, own)
            if where is None or (name, where) in seen:
                continue
            seen.add((name, where))
            changed.write(target)
            forget_models()
            yield Row(path.stem, name, where, *judged(target, asked, bundle))


def judged(path: Path, asked: Questions, bundle: Bundle) -> tuple[str, float | None, str]:
    """The verdict on a file with a fault, the gap, and what is told of it."""
    import keras

    try:
        model = keras.saving.load_model(path, compile=False)
        apart = difference(model, asked)
    except Exception as error:  # noqa: BLE001  (whatever Keras raises: it cannot be used, so nobody can be misled)
        return "unopened", None, in_one_line(str(error), 120)
    if apart <= 1:
        return "hidden", apart, ""
    try:
        found = verify(model, bundle, ToleranceOptions())
    except Failure as failure:
        return "caught", _finite(apart), in_one_line(failure.message, 160)
    return "missed", _finite(apart), f"{found.samples} samples agree, {found.strength}; {_shown(model, asked)}"


def difference(model: Any, asked: Questions) -> float:
    """How far its answers are from the right ones, as a multiple of what rounding may explain."""
    return max((gap([a], [b], [c], limit) for _, a, b, c, limit in _pairs(model, asked, asked.parts)), default=0.0)


def _shown(model: Any, asked: Questions) -> str:
    """How many of the samples show the fault."""
    total = sum(len(batch[0]) for batch in asked.batches)
    pairs = _pairs(model, asked, total // len(asked.batches))
    shown = {sample for sample, a, b, c, limit in pairs if gap([a], [b], [c], limit) > 1}
    return f"{len(shown)} of {total} drawn samples show it by themselves"


def _pairs(model: Any, asked: Questions, parts: int) -> Iterator[tuple[int, Any, Any, Any, Tolerance]]:
    """The parts of every batch by their number, with the answers, the right ones, their noise and the tolerance."""
    for number, (batch, wanted, noise) in enumerate(zip(asked.batches, asked.answers, asked.noise)):
        found = answer(model, batch)
        if len(found) != len(wanted):
            yield number * parts, np.zeros(0), np.zeros(1), np.zeros(1), Tolerance(0, 0)
            return
        for limit, *arrays in zip(tolerances(model, len(found)), found, wanted, noise):
            alike = (
                len({array.shape for array in arrays}) == 1 and len(wanted) and arrays[0].shape[:1] == (len(batch[0]),)
            )
            split = [np.array_split(array, parts) for array in arrays] if alike else [[array] for array in arrays]
            yield from ((number * parts + part, *each, limit) for part, each in enumerate(zip(*split)))


def _finite(number: float) -> float | None:
    return number if np.isfinite(number) else None


def main(arguments: list[str]) -> None:
    """Judge all jobs, and write the rows as they come."""
    import tensorflow  # noqa: F401  (all of it before what stays is frozen)

    gc.freeze()  # what is imported stays, and need not be looked through after each model
    job: Mapping[str, Any] = json.loads(Path(arguments[0]).read_text("utf-8"))
    with Path(arguments[1]).open("w", encoding="utf-8") as result:
        for path in map(Path, job["paths"]):
            try:
                for row in rows(path, job["seed"], job["samples"], job["turns"]):
                    print(json.dumps(asdict(row)), file=result, flush=True)
            except Exception:  # noqa: BLE001  (one model that cannot be asked is told, and the others are asked)
                text = traceback.format_exc(limit=-2)
                print(json.dumps(asdict(Row(path.stem, "", "", "unasked", None, text))), file=result, flush=True)
            forget_models()


if __name__ == "__main__":
    main(sys.argv[1:])
