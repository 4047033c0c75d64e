"""The outputs of a model for extreme inputs: NaN, infinities, the largest integers, no time steps and no samples.

They are recorded beside the probes and do not decide the verdict. If Keras 2 fails, or rounding alone changes an
output, nothing is recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from exporter.probes import batches
from exporter.probes.batches import Call
from exporter.probes.input_facts import SPAN, InputFacts
from exporter.probes.probes import Case
from exporter.probes.search import Answered
from exporter.run import inference, rounding
from interchange.bundle import BundleWriter
from interchange.errors import Failure
from interchange.values import Value, array_of, kind_of

Rows = Sequence[Sequence[Any]]
Takes = Callable[[InputFacts], bool]
# The numbers of one sample, repeated; None keeps the number of the usual probe.
_FLOATS: Mapping[str, Rows] = {
    "NaN": [(np.nan,), (np.nan, None, None)],
    "inf": [(np.inf,), (np.inf, None, None)],
    "-inf": [(-np.inf,), (-np.inf, None, None)],
    "NaN and inf": [(np.nan, np.inf, -np.inf, None)],
}
_ENDS, _NO_SAMPLES, _NO_STEPS = "ends", "no samples", "no steps"
# Layers of custom operations, which may take an extreme number for a size, or loop for ever.
_OPERATORS = frozenset({"Lambda", "TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty"})
# The size of a probe, and the number of layers, up to which another call is cheap.
_NUMBERS, _LAYERS = 2**19, 64


@dataclass
class Extremes:
    """The calls with extreme inputs and the outputs of a model for them."""

    answered: Answered = field(default_factory=list)

    @classmethod
    def of(cls, model: Any, answered: Answered, facts: Sequence[InputFacts], until: float) -> Extremes:
        """Run a model, whose usual probes with these `facts` are `answered`, until a processor time.

        Models that are stateful, or have inputs of strings or other than dense batches of any size, are not run.
        """
        found = cls()
        if _can_be_asked(model, facts, answered):
            for call in _calls(model, answered[0][0][0], facts):
                if time.process_time() < until:
                    found._ask(model, call)
        return found

    def _ask(self, model: Any, call: Call) -> None:
        """Record the outputs of a call; if it fails, those of each of its probes that does not."""
        try:
            answers = batches.answers(model, call)
        except Failure:  # Keras 2 fails, so there is nothing to compare with
            answers = None
        if answers is not None:
            self.answered.append((call, answers))
        elif len(call) > 1:
            for probe in call:
                self._ask(model, (probe,))

    def write(self, writer: BundleWriter, model: Any, names: Sequence[str]) -> None:
        """Write the outputs that do not depend on rounding; `rounding.noise` has moved the weights before."""
        noise, kept = rounding.noise_of_moved(model, self.answered), []
        for call, answers in self.answered:
            kept += [pair for pair in zip(call, answers) if pair[0].name in noise]
        if kept:
            cases, values = zip(*kept)
            writer.write_tensors("extremes.npz", inference.rows(cases, values, names))
            calls = [[case.name for case in call if case.name in noise] for call, _ in self.answered]
            writer.write_json("extremes.json", {"noise": noise, "calls": [call for call in calls if call]})


def _can_be_asked(model: Any, facts: Sequence[InputFacts], answered: Answered) -> bool:
    values = [value for call, answers in answered[:1] for row in (call[0].inputs, answers[0]) for value in row]
    layers = list(model._flatten_layers())
    return (
        bool(facts)
        and all(fact.kind == "dense" and fact.dtype != "string" and fact.shape[:1] == (None,) for fact in facts)
        and all(kind_of(value) == "dense" for value in values)
        and sum(array_of(value).size for value in values) <= _NUMBERS
        and not any(getattr(layer, "stateful", False) for layer in layers)
        and all(type(layer).__module__.partition(".")[0] in ("keras", "exporter") for layer in layers)
    )


def _calls(model: Any, usual: Case, facts: Sequence[InputFacts]) -> Iterator[Call]:
    """The calls, derived from a usual probe; those of other shapes only for a cheap model."""
    if any(map(_takes_floats, facts)):
        yield tuple(_made(Case(name, usual.inputs), facts, _takes_floats, _always(_FLOATS[name])) for name in _FLOATS)
    layers = list(model._flatten_layers())
    has_operators = any(type(layer).__name__ in _OPERATORS for layer in layers)
    if any(map(_takes_any_whole, facts)) and not has_operators:
        yield (_made(Case(_ENDS, usual.inputs), facts, _takes_any_whole, _ends),)
    if len(layers) <= _LAYERS:
        # Keras's own layers return no rows for no samples; recurrent ones would have to be traced for it in Keras 3.
        if has_operators and not any(hasattr(layer, "return_sequences") for layer in layers):
            yield (Case(_NO_SAMPLES, tuple(array_of(value)[:0] for value in usual.inputs)),)
        free = [fact.shape for fact in facts if None in fact.shape[1:]]
        if free and all(shape[1] is None for shape in free):
            yield (Case(_NO_STEPS, tuple(map(_without_steps, usual.inputs, facts))),)


def _takes_floats(fact: InputFacts) -> bool:
    return fact.is_number and np.dtype(fact.dtype).kind == "f" and fact.whole_numbers is None


def _takes_any_whole(fact: InputFacts) -> bool:
    return fact.is_number and fact.is_open and np.dtype(fact.dtype).kind in "iu" and fact.span == SPAN


def _ends(dtype: np.dtype) -> Rows:
    """The smallest and the largest number of a dtype, alone and alternating."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return [(low,), (high,), (high, low)]


def _always(rows: Rows) -> Callable[[np.dtype], Rows]:
    return lambda _: rows


def _made(case: Case, facts: Sequence[InputFacts], takes: Takes, rows: Callable[[np.dtype], Rows]) -> Case:
    """A case with a sample for each of `rows` in the inputs that take such numbers, and usual values in the others."""
    arrays, taken = [array_of(value) for value in case.inputs], list(map(takes, facts))
    count = len(rows(arrays[taken.index(True)].dtype))
    arrays = [array[np.arange(count) % len(array)] for array in arrays]
    pairs = zip(arrays, taken)
    return replace(
        case, inputs=tuple(_filled(array, rows(array.dtype)) if is_one else array for array, is_one in pairs)
    )


def _filled(array: np.ndarray, rows: Rows) -> np.ndarray:
    """An array in which the numbers of each sample are replaced by those of its row."""
    filled = array.copy()
    for sample, row in zip(filled.reshape(len(array), -1), rows):
        for index, number in enumerate(row):
            if number is not None:
                sample[index :: len(row)] = number
    return filled


def _without_steps(value: Value, fact: InputFacts) -> Value:
    array = array_of(value)
    return array[(slice(None), *(slice(0, 0) if size is None else slice(None) for size in fact.shape[1:]))]
