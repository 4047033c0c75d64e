"""The user's own inputs: read from an NPZ, checked against the inputs of the model, and a source of facts."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from exporter.probes import sparse_ragged
from exporter.probes.candidates import Guess
from exporter.probes.input_facts import InputFacts
from exporter.probes.probes import Case
from interchange.errors import Exit, Failure
from interchange.values import array_of

NAME = "samples"
# How many different strings of the samples are used in probes.
_WORDS = 64


@dataclass(frozen=True)
class Samples:
    """One array for each input, in order, as the file at `path` has them."""

    path: Path
    names: Sequence[str]
    facts: Sequence[InputFacts]
    case: Case

    def guess(self, start: Guess) -> Guess:
        """Inputs of the same lengths, and with values like theirs where nothing is known."""
        arrays = map(array_of, self.case.inputs)
        return replace(start, facts=tuple(_like(fact, array) for fact, array in zip(start.facts, arrays)))

    def misfit(self, reason: str) -> Failure:
        """That the model cannot take them is a fault of the arguments."""
        rows = [
            f"{name} takes {_takes(fact)} and is given {_given(array_of(value))}"
            for name, fact, value in zip(self.names, self.facts, self.case.inputs)
        ]
        message = f"{self.path}: Keras 2.15 cannot run the model on these samples: {reason}. {'; '.join(rows)}"
        return Failure(Exit.USAGE, message, "give samples that it takes, as Keras 2 does")


def read(path: Path, names: Sequence[str], facts: Sequence[InputFacts]) -> Samples:
    """The arrays under the names of the inputs, or as in0, in1, ... in order, in the dtypes of the inputs.

    A ragged input takes the rows of its array whole.

    Raises `Failure(USAGE)` for a file that is no NPZ, lacks an input, or has one of another shape or dtype.
    """
    arrays = _arrays(path, names)
    given = [_fitting(path, name, fact, array) for name, fact, array in zip(names, facts, arrays)]
    counts = {name: len(array) for name, array in zip(names, given)}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{count} of {name}" for name, count in counts.items())
        raise Failure(Exit.USAGE, f"{path}: not every input has as many samples: {told}", _hint(names))
    case = Case(NAME, tuple(sparse_ragged.whole(array, fact.kind) for array, fact in zip(given, facts)))
    return Samples(path, names, facts, case)


def _arrays(path: Path, names: Sequence[str]) -> list[np.ndarray]:
    try:
        with path.open("rb") as content:
            arrays = dict(np.lib.npyio.NpzFile(content, allow_pickle=False))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise Failure(Exit.USAGE, f"{path}: cannot be read as NPZ: {error}", _hint(names)) from error
    keys = [name if name in arrays else f"in{index}" for index, name in enumerate(names)]
    missing = [name for name, key in zip(names, keys) if key not in arrays]
    if missing:
        raise Failure(Exit.USAGE, f"{path}: no array for the input {missing[0]}", _hint(names))
    return [arrays[key] for key in keys]


def _hint(names: Sequence[str]) -> str:
    return f"give an NPZ with the arrays {', '.join(names)}, or in0, in1, ... in that order"


def _fitting(path: Path, name: str, fact: InputFacts, array: np.ndarray) -> np.ndarray:
    """The array in the shape and dtype of an input, where nothing is lost by that. Raises `Failure(USAGE)`."""
    shaped = _shaped(array, fact)
    converted = None if shaped is None or not len(shaped) else _converted(shaped, fact)
    if converted is None:
        message = f"{path}: the input {name} takes {_takes(fact)}, and is given {_given(array)}"
        raise Failure(Exit.USAGE, message, f"give {name} at least one sample that it takes")
    return converted


def _shaped(array: np.ndarray, fact: InputFacts) -> np.ndarray | None:
    """As Keras 2 takes it: one number a sample also where it wants a row of one. None where it does not fit."""
    wanted = fact.shape
    if array.ndim == len(wanted) - 1 and wanted[-1] in (1, None):
        array = array[..., np.newaxis]
    elif array.ndim == len(wanted) + 1 and array.shape[-1] == 1:
        array = array[..., 0]
    fits = array.ndim == len(wanted) and all(size in (None, given) for size, given in zip(wanted, array.shape))
    return array if fits else None


def _converted(array: np.ndarray, fact: InputFacts) -> np.ndarray | None:
    """In the dtype of the input; None where words stand for numbers, or whole numbers would have to be cut or bent."""
    if (array.dtype.kind in "SU") != (fact.dtype == "string"):
        return None
    if fact.dtype == "string":
        return np.char.encode(array, "utf-8") if array.dtype.kind == "U" else array
    if array.dtype.kind == "c" and np.dtype(fact.dtype).kind != "c":
        return None
    if np.dtype(fact.dtype).kind in "iub" and array.dtype != fact.dtype:
        with np.errstate(invalid="ignore"):
            converted = array.astype(fact.dtype)
        return converted if np.array_equal(converted.astype(array.dtype), array) and _in_range(array, fact) else None
    return array.astype(fact.dtype, copy=False)


def _in_range(array: np.ndarray, fact: InputFacts) -> bool:
    if fact.dtype == "bool":
        return True
    limits = np.iinfo(fact.dtype)
    return bool(array.min(initial=0) >= limits.min and array.max(initial=0) <= limits.max)


def _takes(fact: InputFacts) -> str:
    known = fact.whole_numbers if fact.ids is not None or fact.whole else None
    values = "" if known is None else f" with whole numbers from {known[0]} to {known[1] - 1}"
    return f"{fact.dtype} of shape {_tuple(fact.shape)}{values}"


def _given(array: np.ndarray) -> str:
    kind = "string" if array.dtype.kind in "SUO" else array.dtype.name
    span = f" from {array.min():g} to {array.max():g}" if array.dtype.kind in "fiu" and array.size else ""
    return f"{kind} of shape {_tuple(array.shape)}{span}"


def _tuple(shape: Sequence[int | None]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _like(fact: InputFacts, array: np.ndarray) -> InputFacts:
    fact = replace(fact, shape=(fact.shape[0], *array.shape[1:])) if fact.kind == "dense" else fact
    if not fact.is_open or fact.dtype == "bool":
        return fact
    if fact.dtype == "string":
        return replace(fact, values=tuple(dict.fromkeys(array.ravel().tolist()))[:_WORDS])
    finite = array[np.isfinite(array)]
    if not finite.size:
        return fact
    if (np.rint(finite) == finite).all():
        return replace(fact, span=(int(finite.min()), int(finite.max()) + 1), whole=True)
    return replace(fact, between=(float(finite.min()), float(finite.max())))
