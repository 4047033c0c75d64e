"""Search for probes that a model accepts: the usual ones, or others that its error messages suggest."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from exporter.probes import batches, errors
from exporter.probes.batches import Answers, Call
from exporter.probes.candidates import Guess, other_lengths, unusual, usual
from exporter.probes.input_facts import InputFacts
from exporter.probes.samples import Samples
from exporter.run import inference
from interchange.errors import Exit, Failure
from interchange.values import array_of

Answered = list[tuple[Call, Answers]]
"""Every call with its outputs."""

# How many guesses in a row an error may lead to, how many sizes in errors are tried, how many guesses are reported.
_STEPS, _SIZED, _SHOWN = 12, 24, 8
# The share of the time for unusual inputs: a model that accepts none should fail soon.
_SHARE = 0.2
# How many inputs are widened again after a guess has narrowed them.
_WIDENED = 8


@dataclass
class Search:
    """The search for inputs that a model accepts, until a processor time `until`.

    Afterwards `taken` is the accepted guess, and `learnt` says how it differs from what the layers of the model
    describe. `tried` has the failure of every guess; `empty` are outputs without any number.
    """

    model: Any
    until: float
    samples: Samples | None = None
    tried: dict[Guess, Failure | None] = field(default_factory=dict)
    empty: list[Answered] = field(default_factory=list)
    first_failure: Failure | None = None
    learnt: str | None = None
    taken: Guess | None = None
    _asked: Call = ()

    def answered(self, facts: list[InputFacts]) -> Answered:
        """Probes with the outputs of the model. Raises `Failure(UNREADABLE)` if it accepts none.

        Outputs that are empty or all NaN count only if there are no others.
        """
        start = Guess(tuple(facts))
        for guess in self._guesses(start):
            if (found := self._try(guess)) is not None:
                widest, answered = self._widened(start, guess, found)
                self.taken = widest
                self.learnt = widest.difference(start, getattr(self.model, "input_names", ()))
                return answered
        if self.empty:
            return self.empty[0]
        raise self._failure()

    def _guesses(self, start: Guess) -> Iterator[Guess]:
        """The guesses in order; each depends on the failures of those before."""
        yield from self._learning(start)
        self.first_failure = next(reversed(self.tried.values()))
        if self.samples:
            yield from self._learning(self.samples.guess(start))
        yield from itertools.chain.from_iterable(map(self._learning, usual(start)))
        begun = time.process_time()
        until = begun + (self.until - begun) * _SHARE
        yield from self._in_time(self._of_sizes(), until)
        if not self.empty:
            yield from self._in_time(unusual(start), until)
        if self._depends_on_length():
            yield from self._in_time(other_lengths(start), until)

    def _in_time(self, guesses: Iterator[Guess], until: float) -> Iterator[Guess]:
        """The guesses for which there is time if each takes twice as long as the one before, as longer inputs do."""
        cost = 0.0
        for guess in guesses:
            begun = time.process_time()
            if begun + 2 * cost >= until:
                return
            yield from self._learning(guess)
            cost = time.process_time() - begun

    def _learning(self, guess: Guess, steps: int = _STEPS) -> Iterator[Guess]:
        """A guess, and those that its error suggests."""
        if guess in self.tried:
            return
        yield guess
        failure, asked = self.tried[guess], self._asked
        if failure is not None and steps:
            for better in errors.better(guess, batches.inputs_of(asked), failure.message):
                yield from self._learning(better, steps - 1)

    def _of_sizes(self) -> Iterator[Guess]:
        """Guesses of the lengths that stand in the errors so far."""
        failures = [(guess, failure.message) for guess, failure in self.tried.items() if failure]
        found = (better for guess, text in failures for better in errors.sized(guess, text))
        return itertools.islice((guess for guess in found if guess not in self.tried), _SIZED)

    def _depends_on_length(self) -> bool:
        """Whether the lengths may be wrong: other lengths gave other errors, or outputs without numbers."""
        if self.empty:
            return not any(np.isnan(weight).any() for weight in map(np.asarray, getattr(self.model, "weights", ())))
        texts = {guess.free: failure.message for guess, failure in self.tried.items() if failure}
        return len(set(texts.values())) > 1

    def _try(self, guess: Guess) -> Answered | None:
        self.tried[guess] = None
        try:
            found = self._answers(guess)
        except Failure as failure:
            if failure.code is not Exit.UNREADABLE:
                raise
            self.tried[guess] = failure
            return None
        if all(_has_number(array_of(value)) for _, answers in found for values in answers for value in values):
            return found
        self.empty.append(found)
        return None

    def _answers(self, guess: Guess) -> Answered:
        probes = guess.cases()
        planned = batches.alone(probes) if guess.one_batch else batches.together(probes, guess.facts, self.model)
        found = self._answers_to(planned) or self._answers_to(batches.alone(probes))
        assert found is not None  # by itself every probe has an answer
        return found

    def _answers_to(self, planned: list[Call]) -> Answered | None:
        """The calls with their outputs, without optional ones if the time is over; None if outputs lack samples."""
        found: dict[str, Answers] = {}
        for call in sorted(planned, key=batches.is_optional):
            if not batches.is_optional(call) or time.process_time() < self.until:
                self._asked = call
                answers = batches.answers(self.model, call)
                if answers is None:
                    return None
                found[call[0].name] = answers
        return [(call, found[call[0].name]) for call in planned if call[0].name in found]

    def _widened(self, start: Guess, guess: Guess, answered: Answered) -> tuple[Guess, Answered]:
        """A guess with its outputs in which no input is narrowed without need."""
        narrowed = [index for index, (a, b) in enumerate(zip(start.facts, guess.facts)) if a != b]
        for index in narrowed[:_WIDENED] if len(narrowed) > 1 else ():
            facts = [*guess.facts]
            facts[index] = start.facts[index]
            wider = replace(guess, facts=tuple(facts))
            if wider not in self.tried and (found := self._try(wider)) is not None:
                guess, answered = wider, found
        return guess, answered

    def _failure(self) -> Failure:
        """The failure to report: the first error, a later one if it differs, and all that was tried."""
        assert self.first_failure is not None  # the first guess has failed
        names = ", ".join(getattr(self.model, "input_names", []))
        hint = f"if it takes others, give some with --inputs FILE.npz, an array for each of {names}: they stand in "
        hint += "for ours"
        why = f"{self.first_failure.message}{self._other_reason()}".rstrip(".")
        return replace(self.first_failure, message=f"{why}. Tried were {self._tried()}", hint=hint)

    def _other_reason(self) -> str:
        """The last error, if it differs from the first in more than numbers."""
        last = next(failure for failure in reversed(self.tried.values()) if failure)
        if self.first_failure is None or _without_numbers(self.first_failure.message) == _without_numbers(last.message):
            return ""
        return f"; and later: {last.message.rpartition(inference.CANNOT_RUN)[2]}"

    def _tried(self) -> str:
        lengths: dict[str, list[int]] = {}
        for guess in self.tried:
            lengths.setdefault(guess.description(), []).append(guess.free if guess.is_free else 0)
        rows = [f"{kinds}{_lengths(sizes)}" for kinds, sizes in lengths.items()]
        more = f"; and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        return "; ".join(rows[:_SHOWN]) + more


def _lengths(lengths: Sequence[int]) -> str:
    shown = ", ".join(map(str, dict.fromkeys(lengths)))
    return f" of length {shown}" if any(lengths) else ""


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "", text)


def _has_number(answer: np.ndarray) -> bool:
    """Whether an output is not empty and not all NaN, as the mean of an image of size 0 is."""
    return bool(answer.size) and not (answer.dtype.kind == "f" and np.isnan(answer).all())
