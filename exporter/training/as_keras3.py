"""Let a model of Keras 2 train as Keras 3 does, and measure what that comes to.

With the designs of Keras 3 that concern it switched off, everything else is compared strictly. What a design comes to
is measured between the two ways of Keras 2.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exporter.training.beginning import State
from exporter.training.designs import DESIGNS, Design
from exporter.training.optimizer_variables import inner
from exporter.training.steps import Batch
from exporter.training.train_step import pairs
from interchange.workers import differences

_LEAST = 1e-6  # what rounding may come to


@contextlib.contextmanager
def as_keras3(model: Any, but: Design | None = None) -> Iterator[list[Design]]:
    """Within, a model trains as Keras 3 does, `but` for one design; yields all designs that concern it."""
    found = [design for design in DESIGNS if design.concerns(model)]
    with contextlib.ExitStack() as stack:
        for design in found:
            stack.enter_context((design.keras2 if design is but else design.keras3)(model))
        yield found


def told(
    designs: Sequence[Design], model: Any, state: State, batches: Sequence[Batch], gradients: Mapping[int, Any]
) -> Iterator[Mapping[str, Any]]:
    """What the report says of each design: how far the two ways of Keras 2 are apart, relative to what they change.

    `gradients` are those of the first batch, by the identities of their weights.
    """
    for design in designs:
        found = []
        for but in (design, None):
            state.restore(model)
            with as_keras3(model, but):
                found.append(design.changes(model, batches, pairs(model, gradients)))
        figure = max((_apart(old, new) for (_, old), (_, new) in zip(*found)), default=0.0)
        if figure > _LEAST:
            rule = design.rule or type(inner(model.optimizer)).__name__
            yield {"rule": rule, "text": design.text.format(f"{100 * figure:.2g} %"), "figure": figure}


def _apart(a: Any, b: Any) -> float:
    """The typical difference of two changes, by their typical size."""
    gap, scale = differences.typical(a, b), differences.root_mean_square(b)
    return gap / scale if gap and scale else 0.0
