"""Ask a model that has answered the usual probes for more, in the same call where that is possible."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from exporter.probes import batches, further, sizes, steps
from exporter.probes.batches import Answers, Call
from exporter.probes.candidates import Guess
from exporter.probes.probes import Case
from exporter.probes.search import Answered
from interchange.errors import Exit, Failure
from interchange.values import Value, array_of
from interchange.workers import probe_batches
from interchange.workers.tolerances import HALF

# How many calls of their own further probes take where they cannot be one.
_CALLS = 2


def extended(model: Any, answered: Answered, guess: Guess, until: float) -> Answered:
    """The calls that a model has answered for a guess, and further ones, if there is time for them.

    A further probe that the model does not take is none, nor is a sample for which it answers NaN or infinity where
    it has answered numbers so far.
    """
    count = sizes.count(model, guess.facts, guess.free)
    if not count or time.process_time() >= until:
        return answered
    if guess.one_batch or not batches.is_free(guess.facts, model):
        return [*answered, *_mixed(model, answered, guess, count, until)]
    more = (*further.cases(guess.facts, guess.free, count), *_of_steps(model, guess, count, until))
    (usual, first), *others = answered
    if len(usual) > 1 and (found := _asked(model, usual, first, more)):
        return [found, *others]
    alone = _asked(model, (), [], more)
    return [*answered, alone] if alone else answered


def _of_steps(model: Any, guess: Guess, count: int, until: float) -> Call:
    if count < steps.NEEDED or time.process_time() >= until or not steps.has_steps(model):
        return ()
    case = steps.case(model, guess.facts, guess.free)
    return () if case is None else (case,)


def _asked(model: Any, usual: Call, first: Answers, more: Call) -> tuple[Call, Answers] | None:
    """The probes that have been answered `first`, with more of them in one call; None if they are no probes together.

    Samples without a number in an answer are left out, and the others asked once more.
    """
    found = _answers(model, (*usual, *more))
    if found is None or not all(map(_have_the_same_gaps, first, found)):
        return None
    if all(_is_finite(value) for answers in first for value in answers):
        whole = [np.logical_and.reduce([_finite_rows(value) for value in answers]) for answers in found[len(usual) :]]
        if not all(rows.all() for rows in whole):
            left = tuple(_only(case, rows) for case, rows in zip(more, whole) if rows.any())
            found, more = _answers(model, (*usual, *left)) if left else None, left
            if found is None or not all(_is_finite(value) for answers in found for value in answers):
                return None
    return (*usual, *more), found


def _mixed(model: Any, answered: Answered, guess: Guess, count: int, until: float) -> Answered:
    """Calls of a size that the model takes, in each of which samples of every variety are mixed."""
    usual = probe_batches.count(answered[0][0][0].inputs[0])
    is_kept = guess.one_batch or any(fact.shape[0] is not None for fact in guess.facts)
    size = usual if is_kept else count
    if size > count:
        return []
    total = -(-size * _CALLS // further.VARIETIES) * further.VARIETIES if is_kept else count
    found: Answered = []
    for probe in further.mixed(guess.facts, guess.free, total, size)[:_CALLS]:
        answers = _answers(model, (probe,)) if time.process_time() < until else None
        if answers and all(map(_is_finite, answers[0])):
            found.append(((probe,), answers))
    return found


def _answers(model: Any, call: Call) -> Answers | None:
    """What a model answers; None if it does not take the inputs."""
    try:
        return batches.answers(model, call)
    except Failure as failure:
        if failure.code is not Exit.UNREADABLE:
            raise
        return None


def _have_the_same_gaps(before: Sequence[Value], after: Sequence[Value]) -> bool:
    return all(np.array_equal(_finite(a), _finite(b)) for a, b in zip(before, after))


def _is_finite(value: Value) -> bool:
    return bool(_finite(value).all())


def _finite_rows(value: Value) -> np.ndarray:
    finite = _finite(value)
    return finite.reshape(len(finite), -1).all(axis=1)


def _finite(value: Value) -> np.ndarray:
    array = array_of(value)
    is_float = array.dtype.kind in "fc" or array.dtype.name in HALF
    return (
        np.isfinite(array.astype("complex128" if array.dtype.kind == "c" else "float64"))
        if is_float
        else np.ones(array.shape, bool)
    )


def _only(case: Case, rows: np.ndarray) -> Case:
    return replace(case, inputs=tuple(array_of(value)[rows] for value in case.inputs))
