"""How the momentum of a Nadam changes in Keras 2 and in Keras 3."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from exporter.training.optimizer_variables import inner
from exporter.training.train_step import wrapped


def is_nadam(model: Any) -> bool:
    return hasattr(inner(model.optimizer), "_u_product_counter")


@contextlib.contextmanager
def once_a_step(model: Any) -> Iterator[None]:
    """Within, a Nadam multiplies its product of momenta once a step.

    Its counter is a number of Python, which tells the first weight of a step in an eager run from 0 on alone.
    """
    with _counting(model, lambda step, number: step + 1 + (number > 0)):
        yield


@contextlib.contextmanager
def as_traced(model: Any) -> Iterator[None]:
    """Within, a Nadam that runs eagerly counts as it does in a graph: each weight has the number it was traced with."""
    with _counting(model, lambda _, number: number + 1):
        yield


@contextlib.contextmanager
def _counting(model: Any, counter: Callable[[int, int], int]) -> Iterator[None]:
    """Within, the counter of a Nadam is made of the number of the step and that of the weight within it."""
    optimizer = inner(model.optimizer)
    numbers = itertools.count()

    def apply_gradients(real: Callable[..., Any], *args: Any, **options: Any) -> Any:
        nonlocal numbers
        numbers = itertools.count()
        return real(*args, **options)

    def update_step(real: Callable[..., Any], gradient: Any, variable: Any) -> Any:
        optimizer._u_product_counter = counter(int(optimizer.iterations), next(numbers))
        return real(gradient, variable)

    with (
        wrapped(optimizer, "apply_gradients", apply_gradients),
        wrapped(optimizer, "update_step", update_step),
    ):
        yield


def is_legacy_nadam(model: Any) -> bool:
    return hasattr(inner(model.optimizer), "_m_cache")


@contextlib.contextmanager
def decaying_fast(model: Any) -> Iterator[None]:
    """Within, the momentum of a legacy Nadam follows the schedule of all later ones."""
    optimizer = inner(model.optimizer)
    before, optimizer._initial_decay = optimizer._initial_decay, 1.0
    try:
        yield
    finally:
        optimizer._initial_decay = before
