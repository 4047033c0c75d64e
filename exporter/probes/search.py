"""Probes that a model answers: the usual ones, or others that it is found to take by what its errors say."""

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
"""Every call with what it was answered."""

# How often in a row an error may lead to another guess, how many sizes it names are tried, how many guesses are told.
_STEPS, _SIZED, _TOLD = 12, 24, 8
# The part of the time in which others than the usual inputs are tried: a model that takes none should be told of soon.
_SHARE = 0.2
# Inputs each of which may turn out to be innocent of an error.
_TAKEN_BACK = 8


@dataclass
class Search:
    """What a model was asked, until it had an answer or there was nothing left to ask.

    `learnt` is then in which way its inputs are other ones than those that its layers tell of, and `taken` what they
    are like.
    """

    model: Any
    until: float
    samples: Samples | None = None
    tried: dict[Guess, Failure | None] = field(default_factory=dict)
    empty: list[Answered] = field(default_factory=list)
    told: Failure | None = None
    learnt: str | None = None
    taken: Sequence[InputFacts] = ()
    _asked: Call = ()

    def answered(self, facts: list[InputFacts]) -> Answered:
        """Probes with the answers of the model. Raises `Failure(UNREADABLE)` where it takes none of them.

        Nothing and NaN, if anything else can be found, are no answer.
        """
        start = Guess(tuple(facts))
        for guess in self._guesses(start):
            if (found := self._try(guess)) is not None:
                widest, answered = self._taken_back(start, guess, found)
                self.taken = widest.facts
                self.learnt = widest.difference(start, getattr(self.model, "input_names", ()))
                return answered
        if self.empty:
            return self.empty[0]
        raise self._failure()

    def _guesses(self, start: Guess) -> Iterator[Guess]:
        """What to try, after what was tried has failed."""
        yield from self._learning(start)
        self.told = next(reversed(self.tried.values()))
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
        """Without what there is no time for, should the next one take twice as long as the last, as longer ones do."""
        cost = 0.0
        for guess in guesses:
            begun = time.process_time()
            if begun + 2 * cost >= until:
                return
            yield from self._learning(guess)
            cost = time.process_time() - begun

    def _learning(self, guess: Guess, steps: int = _STEPS) -> Iterator[Guess]:
        """A guess, and those that its errors speak for."""
        if guess in self.tried:
            return
        yield guess
        failure, asked = self.tried[guess], self._asked
        if failure is not None and steps:
            for better in errors.better(guess, batches.inputs_of(asked), failure.message):
                yield from self._learning(better, steps - 1)

    def _of_sizes(self) -> Iterator[Guess]:
        """Lengths that were told by the errors so far."""
        failures = [(guess, failure.message) for guess, failure in self.tried.items() if failure]
        found = (better for guess, text in failures for better in errors.sized(guess, text))
        return itertools.islice((guess for guess in found if guess not in self.tried), _SIZED)

    def _depends_on_length(self) -> bool:
        """Whether it may be the lengths that are wrong: with another one it says something else, or nothing at all."""
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
        if all(_says_something(array_of(value)) for _, answers in found for values in answers for value in values):
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
        """The calls with their answers, from a time of the processor's on without those that can be spared."""
        found: dict[str, Answers] = {}
        for call in sorted(planned, key=batches.can_be_spared):
            if not batches.can_be_spared(call) or time.process_time() < self.until:
                self._asked = call
                answers = batches.answers(self.model, call)
                if answers is None:
                    return None
                found[call[0].name] = answers
        return [(call, found[call[0].name]) for call in planned if call[0].name in found]

    def _taken_back(self, start: Guess, guess: Guess, answered: Answered) -> tuple[Guess, Answered]:
        """A guess with its answers in which no more inputs are narrowed than have to be."""
        narrowed = [index for index, (a, b) in enumerate(zip(start.facts, guess.facts)) if a != b]
        for index in narrowed[:_TAKEN_BACK] if len(narrowed) > 1 else ():
            facts = [*guess.facts]
            facts[index] = start.facts[index]
            wider = replace(guess, facts=tuple(facts))
            if wider not in self.tried and (found := self._try(wider)) is not None:
                guess, answered = wider, found
        return guess, answered

    def _failure(self) -> Failure:
        """Why it takes none: what the first said and where that led to, and all that was tried."""
        assert self.told is not None  # what was tried first has failed, and so has what it led to
        names = ", ".join(getattr(self.model, "input_names", []))
        hint = f"if it takes others, give some with --inputs FILE.npz, an array for each of {names}: they stand in "
        hint += "for ours"
        why = f"{self.told.message}{self._other_reason()}".rstrip(".")
        return replace(self.told, message=f"{why}. Tried were {self._tried()}", hint=hint)

    def _other_reason(self) -> str:
        """What the last said, where it is something else but for numbers."""
        last = next(failure for failure in reversed(self.tried.values()) if failure)
        if self.told is None or _without_numbers(self.told.message) == _without_numbers(last.message):
            return ""
        return f"; and later: {last.message.rpartition(inference.CANNOT_RUN)[2]}"

    def _tried(self) -> str:
        found: dict[str, list[int]] = {}
        for guess in self.tried:
            found.setdefault(guess.told(), []).append(guess.free if guess.is_free else 0)
        rows = [f"{kinds}{_lengths(lengths)}" for kinds, lengths in found.items()]
        more = f"; and {len(rows) - _TOLD} more" if len(rows) > _TOLD else ""
        return "; ".join(rows[:_TOLD]) + more


def _lengths(lengths: Sequence[int]) -> str:
    told = ", ".join(map(str, dict.fromkeys(lengths)))
    return f" of length {told}" if any(lengths) else ""


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "", text)


def _says_something(answer: np.ndarray) -> bool:
    """Whether there is a number in it: the mean of a picture that strides have left nothing of is NaN."""
    return bool(answer.size) and not (answer.dtype.kind == "f" and np.isnan(answer).all())
