"""Run a model on its probes: ours, the user's samples, or both."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from exporter.probes import extending, samples
from exporter.probes.input_facts import InputFacts, input_facts
from exporter.probes.samples import Samples
from exporter.probes.search import Answered, Search
from exporter.run import inference
from interchange.errors import Exit, Failure
from interchange.messages.requests import ProbeOptions

# Each probe is run three times: by the old model, by the old model again for its noise, and by the new model.
_CALLS = 3
_NOT_WANTED = "--inputs-only was given"


@dataclass(frozen=True)
class ProbeResult:
    """Every call with its outputs; `left_out` is the reason if none of them is one of our probes.

    `learnt` says how our inputs had to differ from those that the layers describe, and `facts` describes them.
    """

    answered: Answered
    left_out: str | None = None
    learnt: str | None = None
    facts: Sequence[InputFacts] = ()


def answered(model: Any, options: ProbeOptions) -> ProbeResult:
    """The outputs of the model. If it accepts none of our probes, the samples of the user are used instead.

    Raises `Failure`: `USAGE` if it does not accept the samples, `UNREADABLE` if there are no samples either.
    """
    facts = input_facts(model)
    own = samples.read(options.samples, list(model.input_names), facts) if options.samples else None
    if own and options.only:
        return ProbeResult(_on_samples(model, own), _NOT_WANTED)
    search = Search(model, until(options), own)
    try:
        ours = search.answered(facts)
    except Failure as failure:
        if own is None or failure.code is not Exit.UNREADABLE:
            raise
        return ProbeResult(_on_samples(model, own), failure.message)
    taken = () if search.taken is None else search.taken.facts
    if search.taken is not None:
        ours = extending.extended(model, ours, search.taken, search.until)
    theirs = _on_samples(model, replace(own, facts=taken)) if own else []
    return ProbeResult([*ours, *theirs], learnt=search.learnt, facts=taken)


def until(options: ProbeOptions) -> float:
    """The processor time at which a third of the budget is spent."""
    return time.process_time() + options.seconds / _CALLS


def _on_samples(model: Any, own: Samples) -> Answered:
    try:
        return [((own.case,), [inference.outputs(model, own.case)])]
    except Failure as failure:
        raise own.misfit(failure.message.rpartition(inference.CANNOT_RUN)[2]) from failure
