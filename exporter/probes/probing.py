"""What a model is asked, and what it answers: our probes, the user's samples, or both."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from exporter.probes import samples
from exporter.probes.input_facts import InputFacts, input_facts
from exporter.probes.samples import Samples
from exporter.probes.search import Answered, Search
from exporter.run import inference
from interchange.errors import Exit, Failure
from interchange.messages.requests import ProbeOptions

# A probe is answered by the old model, by the old model once more for its noise, and by the new one.
_CALLS = 3
_NOT_WANTED = "--inputs-only was given"


@dataclass(frozen=True)
class Found:
    """Every call with its answers, and why there is none of ours among them, if there is none.

    `learnt` is what our inputs had to be like, where the layers do not tell, and `facts` what they were like.
    """

    answered: Answered
    left_out: str | None = None
    learnt: str | None = None
    facts: Sequence[InputFacts] = ()


def answered(model: Any, options: ProbeOptions) -> Found:
    """What the model answers. Where it takes none of our probes, samples of the user's stand in for them.

    Raises `Failure`: `USAGE` where it cannot take the samples, `UNREADABLE` where there are none either.
    """
    facts = input_facts(model)
    given = samples.read(options.samples, list(model.input_names), facts) if options.samples else None
    if given and options.only:
        return Found(_to_samples(model, given), _NOT_WANTED)
    search = Search(model, until(options), given)
    try:
        ours = search.answered(facts)
    except Failure as failure:
        if given is None or failure.code is not Exit.UNREADABLE:
            raise
        return Found(_to_samples(model, given), failure.message)
    theirs = _to_samples(model, replace(given, facts=search.taken)) if given else []
    return Found([*ours, *theirs], learnt=search.learnt, facts=search.taken)


def until(options: ProbeOptions) -> float:
    """When, as the processor counts time, a third of the budget is spent."""
    return time.process_time() + options.seconds / _CALLS


def _to_samples(model: Any, given: Samples) -> Answered:
    try:
        return [((given.case,), [inference.outputs(model, given.case)])]
    except Failure as failure:
        raise given.misfit(failure.message.rpartition(inference.CANNOT_RUN)[2]) from failure
