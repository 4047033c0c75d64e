"""One model into one bundle: architecture, weights, probes, and what the model answers to them."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from exporter import calls, describe, given_noise, kinds, reference, rounding
from exporter.asked import Asked
from exporter.calls import Answers, Call
from exporter.customs import Own, check_reached
from exporter.doors import Source, load
from exporter.normalise import Normalised
from exporter.probes import FREE_LENGTHS, Case, InputFacts, cases, input_facts, sampled, spans
from exporter.second import opinions
from interchange.bundle import BundleWriter
from interchange.errors import Exit, Failure, Problem, refused
from interchange.laps import Laps
from interchange.protocol import Say
from interchange.values import Value, array_of

# A probe is answered by the old model, by the old model once more for its noise, and by the new one.
_CALLS = 3


def export(source: Source, folder: Path, about: Mapping[str, Any], asked: Asked, say: Say) -> Mapping[str, Any]:
    """Write the bundle of `source` into `folder`; returns {tensors, noise, timing}.

    `about` is what the bundle says of its source.
    """
    import keras

    name = source.path.name
    laps = Laps()
    reference.release()
    keras.backend.clear_session()
    gc.collect()  # a model is in cycles, and would wait in memory for the next ones
    say(f"loading {name} with Keras {keras.__version__}")
    normalised: list[Normalised] = []
    model = load(source, normalised.append)
    laps.lap("load")
    writer = BundleWriter(folder, {"keras": keras.__version__}, about)
    kinds.check_inputs(model)
    writer.write_json("architecture.json", _described(model, source.own))
    writer.write_json("kinds.json", kinds.given(model))
    weights = list(_weights(model))
    check_reached(model, {id(variable) for _, variable in weights}, source.own)
    writer.write_tensors("weights.npz", ((row, np.asarray(variable.value())) for row, variable in weights))
    laps.lap("weights")
    say(f"computing what {name} answers")
    with given_noise.given(model) as drawn:
        noise = write_reference(model, normalised, writer, asked)
    if drawn.drawn:
        writer.write_tensors("noise.npz", drawn.rows())
    writer.close()
    laps.lap("answers")
    return {"tensors": len(weights), "noise": noise, "timing": laps.seconds}


def _described(model: Any, own: Own) -> Mapping[str, Any]:
    """The architecture, in which the user's classes tell their configs themselves."""
    try:
        return describe.architecture(model)
    except Exception as error:
        if (theirs := own.raised(error)) or not isinstance(error, NotImplementedError):
            raise (theirs or error) from error
        text = f"a class does not tell its config: {' '.join(str(error).split())[:300]}"
        raise refused(
            [Problem("", "get_config", text)], text, "give the class a get_config with all its arguments"
        ) from error


def _weights(model: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    # A variable of a frozen layer still calls itself trainable.
    trained = {id(variable) for variable in model.trainable_weights}
    for path, name, variable in describe.variables(model):
        yield {"layer": list(path), "variable": name, "trainable": id(variable) in trained}, variable


def write_reference(
    model: Any, normalised: list[Normalised], writer: BundleWriter, asked: Asked
) -> Mapping[str, list[float]]:
    """Write what the model answers to its probes, and how that came about; returns how far rounding moves it."""
    facts = input_facts(model)
    answered = _answers(model, facts, time.process_time() + asked.budget / _CALLS)
    if asked.samples is not None:
        samples = sampled(asked.samples, list(model.input_names), facts)
        answered.append(((samples,), [_answer_to_samples(model, samples, asked.samples)]))
    calls.check_deterministic(model, *answered[0])
    names = list(getattr(model, "output_names", None) or [])
    writer.write_tensors("reference.npz", reference.rows(*_flat(answered), names))
    origin = {
        "kind": _origin(normalised),
        "normalised": [_row(item) for item in normalised],
        "recovered": [asdict(item) for item in opinions(model, answered[0][0][0])]
        if any(item.truth == "recovered" for item in normalised)
        else [],
    }
    noise = rounding.noise(model, answered)
    called = [[case.name for case in call] for call, _ in answered]
    writer.write_json("reference.json", {"noise": noise, "calls": called, **origin})
    return noise


def _flat(answered: list[tuple[Call, Answers]]) -> tuple[list[Case], Answers]:
    """All probes, and the answers to each."""
    return [case for call, _ in answered for case in call], [values for _, answers in answered for values in answers]


# What a reference is called after: the one of its layers whose truth is the least sure.
_TRUTHS = ("given", "recovered", "normalised")


def _origin(normalised: list[Normalised]) -> str:
    """How the reference came about: by the model as it is, or with layers spelled anew, recovered or given."""
    truths = {item.truth for item in normalised}
    return next((truth for truth in _TRUTHS if truth in truths), "original")


def _row(item: Normalised) -> Mapping[str, str]:
    return {"layer": item.layer, "rule": item.rule, "text": item.text}


def _answer_to_samples(model: Any, case: Case, samples: Path) -> list[Value]:
    """That the model cannot take the user's own inputs is a fault of the arguments."""
    try:
        return reference.outputs(model, case)
    except Failure as failure:
        hint = "give inputs of the model's own shapes and dtypes"
        raise Failure(Exit.USAGE, f"{samples}: {failure}", hint) from failure


def _answers(model: Any, facts: list[InputFacts], until: float) -> list[tuple[Call, Answers]]:
    """Probes of the smallest size the model accepts, with its answers; nothing and NaN, if it can be, are no answer.

    Some recurrent layers keep to the batch size of their first call, so probes of one size are tried as well; and
    what is divided by, or says which to take, takes not every whole number.
    """
    free_lengths = FREE_LENGTHS if any(None in fact.shape[1:] for fact in facts) else FREE_LENGTHS[:1]
    failures, empty = [], []
    for span, free, one_batch in itertools.product(spans(facts), free_lengths, (False, True)):
        probes = cases([replace(fact, span=span) for fact in facts], free, one_batch=one_batch)
        planned = calls.alone(probes) if one_batch else calls.together(probes, facts, model)
        try:
            answered = _answered(model, planned, until) or _answered(model, calls.alone(probes), until)
        except Failure as failure:
            failures.append(failure)
            continue
        assert answered is not None  # by itself every probe has an answer
        if all(_says_something(array_of(value)) for _, answers in answered for values in answers for value in values):
            return answered
        empty.append(answered)
    if not empty:
        raise failures[0]
    return empty[0]


def _answered(model: Any, planned: list[Call], until: float) -> list[tuple[Call, Answers]] | None:
    """The calls with their answers, from a time of the processor's on without those that can be spared."""
    found: dict[str, Answers] = {}
    for call in sorted(planned, key=calls.can_be_spared):
        if not calls.can_be_spared(call) or time.process_time() < until:
            answers = calls.answers(model, call)
            if answers is None:
                return None
            found[call[0].name] = answers
    return [(call, found[call[0].name]) for call in planned if call[0].name in found]


def _says_something(answer: np.ndarray) -> bool:
    """Whether there is a number in it: the mean of a picture that strides have left nothing of is NaN."""
    return bool(answer.size) and not (answer.dtype.kind == "f" and np.isnan(answer).all())
