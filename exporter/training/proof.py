"""Record how a compiled model goes on training: losses, gradients, and what weights and slots change by in three steps.

Everything runs twice, the second time with weights and inputs moved by one unit in the last place: how far a number
moves is its noise.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from exporter.probes.batches import Answers, Call
from exporter.run import rounding
from exporter.run.fixed_noise import Noise
from exporter.training import batches, steps, train_step
from exporter.training.as_keras3 import as_keras3, told
from exporter.training.batches import STEPS, NoBatchesError, Trained
from exporter.training.beginning import State
from exporter.training.remarks import Remark, remarks
from exporter.training.results import Row
from exporter.training.steps import Batch, Watch
from exporter.training.train_step import Output, Run, Seen
from interchange.bundle import BundleWriter
from interchange.values import array_of, facts_of
from interchange.workers import differences
from interchange.workers.quiet_layers import silence
from interchange.workers.raised import ModelError

_NO_TIME = "there was not enough time to train it: allow more with --budget"
_SEED = 11
# A single draw is no more than a sample of the noise, as in `exporter.run.rounding`.
_TIMES = 5
# What moves by more than this share of its typical size does not follow from weights and inputs.
_RANDOM = 0.5


def write(
    model: Any,
    answered: Sequence[tuple[Call, Answers]],
    writer: BundleWriter,
    until: float = math.inf,
    drawn: Noise | None = None,
) -> None:
    """Write what a compiled model comes to when it is trained on batches made for it; its state is lost.

    `answered` are calls with their outputs. weights.npz, and optimizer.npz if there is one, have been written: they
    hold the state that the training begins with. Nothing begins after the processor time `until`. A model that has
    `drawn` random numbers at inference is not trained.
    """
    try:
        if drawn is not None and drawn.drawn:
            raise NoBatchesError("the model draws random numbers wherever it runs")
        found = _trained(model, answered, writer, until)
    except NoBatchesError as error:
        found = _Recording(why=str(error))
    except ModelError as error:
        found = _Recording(why=f"Keras 2.15 cannot train it on batches made for it: {error}")
    writer.write_json("training_reference.json", found.to_json())
    writer.write_tensors("training_reference.npz", found.tensors())


@dataclass(frozen=True)
class _Recording:
    """The batches, and what they came to; `why` says why there is nothing."""

    batches: Sequence[Batch] = ()
    rows: Sequence[Row] = ()
    by_design: Sequence[Mapping[str, Any]] = ()
    remarks: Sequence[Remark] = ()
    why: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What is not a tensor."""
        samples = self.batches[0].samples if self.batches else 0
        designs = [dict(each) for each in self.by_design]
        lines = {"by_design": designs, "remarks": [dict(each) for each in self.remarks]}
        return {"steps": len(self.batches), "samples": samples, **lines, "why": self.why}

    def tensors(self) -> Iterator[Row]:
        """Batches and results as (facts, array) for the bundle."""
        for step, batch in enumerate(self.batches):
            roles = {"input": batch.inputs, "target": batch.targets, "sample_weight": batch.weights}
            for role, values in roles.items():
                for index, value in enumerate(values):
                    yield {"role": role, "step": step, "index": index, **facts_of(value)}, array_of(value)
        yield from (({"role": "result", **facts}, value) for facts, value in self.rows)


def _trained(model: Any, answered: Sequence[tuple[Call, Answers]], writer: BundleWriter, until: float) -> _Recording:
    """The recording; raises `ModelError` for what a loss, a metric or a kernel raises."""
    if time.process_time() >= until:
        raise NoBatchesError(_NO_TIME)
    state, first = State.of(model, writer), _First(until)
    silence(model._flatten_layers())
    made = batches.made(Trained.of(model), answered)
    steps.fit_metrics(model, made[0])
    with as_keras3(model) as designs:
        in_graph = train_step.is_for_graph(model, made[0].inputs)
        run = steps.traced(model, made[0]) if in_graph else train_step.runner(model)  # for both rounds
        rows = _rows(model, state, made, run, watch=first.watch)
    made = made[: first.steps]
    by_design = list(told(designs, model, state, made, first.gradients))
    first.gradients = {}  # as large as the weights
    with as_keras3(model):
        random = np.random.default_rng(_SEED)
        nudged = [_nudged(batch, rounding.coarsest(model), random) for batch in made]
        moved = _rows(model, state, nudged, run, random)
        if _is_random(rows, moved) and _is_random(rows, _rows(model, state, made, run)):
            raise NoBatchesError("its training is random, so there is nothing to compare with")
    measured = [_with_noise(*pair) for pair in zip(rows, moved)]
    return _Recording(made, measured, by_design, list(remarks(model, made, measured, first.outputs)))


@dataclass
class _First:
    """What the first step comes to, and how many steps there is time for until a processor time."""

    until: float
    steps: int = 0
    gradients: Mapping[int, Any] = field(default_factory=dict)
    outputs: Sequence[Output] = ()

    def watch(self, seen: Seen, seconds: float) -> int:
        """Keep what was seen. All steps but this one of the first round are still to be made, in two rounds.

        Raises `NoBatchesError` if there is not even time for one.
        """
        self.gradients, self.outputs = seen.gradients, seen.outputs
        more = (self.until - time.process_time()) / max(seconds, 1e-9)
        self.steps = int(min(STEPS, (more + 1) / 2))
        if self.steps < 1:
            raise NoBatchesError(_NO_TIME)
        return self.steps


def _rows(
    model: Any,
    state: State,
    made: Sequence[Batch],
    run: Run,
    random: np.random.Generator | None = None,
    watch: Watch | None = None,
) -> list[Row]:
    """What the steps come to from the beginning, or from weights that are moved at `random`."""
    state.restore(model)
    if random is not None:
        rounding.move(model, random)
    return steps.rows(model, made, run, watch)


def _nudged(batch: Batch, epsilon: float, random: np.random.Generator) -> Batch:
    return replace(batch, inputs=tuple(rounding.nudged(value, epsilon, random) for value in batch.inputs))


def _is_random(rows: Sequence[Row], others: Sequence[Row]) -> bool:
    """Whether a loss or a gradient differs as nothing does that follows from weights and inputs."""
    pairs = [(a, b) for (facts, a), (_, b) in zip(rows, others) if facts["quantity"] in ("loss", "gradient")]
    return any(differences.typical(a, b) > _RANDOM * differences.root_mean_square(a) for a, b in pairs)


def _with_noise(row: Row, moved: Row) -> Row:
    """A row with how far rounding moves it: its largest value, and a typical one."""
    (facts, value), (_, other) = row, moved
    noise = [_TIMES * differences.largest(value, other), _TIMES * differences.typical(value, other)]
    return {**facts, "noise": [number if np.isfinite(number) else None for number in noise]}, value
