"""Prove that two models compute the same: names, then shapes and dtypes, then NaN patterns, then values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from interchange.bundle import Bundle
from interchange.errors import Exit, Failure, Problem, refused

_REFERENCE = "reference.npz"
# |a - b| <= relative * max|b| + absolute, by dtype of the output.
_TOLERANCE = {"float16": (1e-2, 1e-2), "bfloat16": (1e-2, 1e-2)}
_DEFAULT_TOLERANCE = (2e-5, 1e-6)
# Outputs that vary by less than this share of their size over all probes prove little.
_HARDLY = 1e-4


@dataclass(frozen=True)
class Compared:
    """One output over all probes: the largest differences, what was allowed there, and the verdict."""

    name: str
    shape: list[int]
    dtype: str
    max_abs: float
    max_rel: float
    tolerance: float
    equal: bool
    reason: str | None = None


def verify(model: Any, bundle: Bundle) -> Mapping[str, Any]:
    """Run all probes of the bundle through `model`; returns the report's `verification`.

    Raises `Failure(DIFFERS)` with the same facts in `detail` if any output differs from the recorded truth.
    """
    facts = bundle.json("reference.json")
    noise, found = facts["noise"], {}
    spread: dict[int, list[np.ndarray]] = {}
    for case in facts["cases"]:
        inputs, wanted = _probe(bundle, case)
        results = outputs(model, inputs)
        for index, (name, truth) in enumerate(wanted):
            result = results[index] if index < len(results) else None
            row = compare(name, result, truth, noise[case][index])
            spread.setdefault(index, []).append(truth)
            found[index] = _worse(found[index], row) if index in found else row
        if len(results) != len(wanted):
            raise Failure(Exit.DIFFERS, f"{len(results)} outputs, the old model has {len(wanted)}")
    verification = {
        "reference": "original",
        "strength": "weak" if all(_hardly_varies(values) for values in spread.values()) else "full",
        "inputs": list(facts["cases"]),
        "noise": max((max(values, default=0.0) for values in noise.values()), default=0.0),
        "outputs": [asdict(row) for row in found.values()],
        "first_difference": None,
    }
    if not all(row.equal for row in found.values()):
        raise _difference(verification)
    return verification


def _difference(verification: Mapping[str, Any]) -> Failure:
    worst = next(row for row in verification["outputs"] if not row["equal"])
    message = f"output {worst['name']} differs: {worst['reason']}"
    hint = "nothing was written; please report it with the report of this run"
    return Failure(Exit.DIFFERS, message, hint, detail={"verification": dict(verification)})


def _probe(bundle: Bundle, case: str) -> tuple[list[np.ndarray], list[tuple[str, np.ndarray]]]:
    rows = [row for row in bundle.rows(_REFERENCE) if row.facts["case"] == case]
    inputs = [bundle.read(row) for row in rows if row.facts["role"] == "input"]
    wanted = [(row.facts["name"], bundle.read(row)) for row in rows if row.facts["role"] == "output"]
    return inputs, wanted


def outputs(model: Any, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The flattened outputs of one call at inference; stateful layers start from their initial state."""
    import keras

    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
            layer.reset_state()
    # Cast here as check tools do: an integer probe of a float input is a float probe.
    given = [keras.ops.convert_to_tensor(array, dtype=spec.dtype) for array, spec in zip(inputs, model.inputs)]
    packed = keras.tree.pack_sequence_as(model._inputs_struct if hasattr(model, "_inputs_struct") else given[0], given)
    try:
        results = model(packed, training=False)
    except Exception as error:  # whatever a kernel raises: the model cannot be run, which is a result
        text = f"Keras 3 cannot run the rebuilt model: {str(error).strip()[:400]}"
        raise refused([Problem("", type(model).__name__, text)], text) from error
    return [np.asarray(value) for value in keras.tree.flatten(results)]


def compare(name: str, result: np.ndarray | None, truth: np.ndarray, noise: float) -> Compared:
    """Compare one output of one probe; `noise` is how far rounding alone moves it (absolute)."""
    row = _Row(name, truth)
    if result is None:
        return row.differs("it is missing")
    if result.shape != truth.shape:
        return row.differs(f"its shape is {result.shape}, not {truth.shape}")
    if result.dtype != truth.dtype:
        return row.differs(f"its dtype is {result.dtype}, not {truth.dtype}")
    if truth.dtype.kind not in "fc" and truth.dtype.name not in _TOLERANCE:
        return row.exact(result)
    return row.close(result, noise)


@dataclass(frozen=True)
class _Row:
    name: str
    truth: np.ndarray

    def differs(self, reason: str, gap: float = float("inf"), allowed: float = 0.0) -> Compared:
        return self._row(gap, allowed, False, reason)

    def exact(self, result: np.ndarray) -> Compared:
        equal = np.array_equal(result, self.truth)
        return self._row(0.0, 0.0, True) if equal else self.differs("values that must be exact differ")

    def close(self, result: np.ndarray, noise: float) -> Compared:
        kind = np.complex128 if self.truth.dtype.kind == "c" else np.float64
        a, b = result.astype(kind), self.truth.astype(kind)
        finite = np.isfinite(b)
        if not np.array_equal(np.isnan(a), np.isnan(b)) or not np.array_equal(
            a[~finite & ~np.isnan(b)], b[~finite & ~np.isnan(b)]
        ):
            return self.differs("NaN or infinity stands where the other model has another value")
        relative, absolute = _TOLERANCE.get(self.truth.dtype.name, _DEFAULT_TOLERANCE)
        scale = float(np.abs(b[finite]).max()) if finite.any() else 0.0
        gap = float(np.abs(a[finite] - b[finite]).max()) if finite.any() else 0.0
        allowed = relative * scale + absolute + noise
        reason = None if gap <= allowed else f"by {gap:.3g}, of which {allowed:.3g} may be rounding"
        return self._row(gap, allowed, gap <= allowed, reason)

    def _row(self, gap: float, allowed: float, equal: bool, reason: str | None = None) -> Compared:
        numbers = self.truth[np.isfinite(self.truth)] if self.truth.dtype.kind == "f" else np.zeros(0)
        scale = float(np.abs(numbers).max()) if numbers.size else 0.0
        shape = [int(size) for size in self.truth.shape]
        relative = gap / scale if scale else gap
        return Compared(self.name, shape, str(self.truth.dtype), gap, relative, allowed, equal, reason)


def _worse(a: Compared, b: Compared) -> Compared:
    """The row that says more: a difference before none, then the one nearer to its tolerance."""
    return max(a, b, key=lambda row: (not row.equal, row.max_abs - row.tolerance))


def _hardly_varies(values: Sequence[np.ndarray]) -> bool:
    flat = [array.astype("float64").ravel() for array in values if array.dtype.kind in "fiu"]
    numbers = np.concatenate(flat) if flat else np.zeros(0)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return bool(flat)
    return float(np.ptp(numbers)) <= _HARDLY * float(np.abs(numbers).max())
