"""The product of momentums of Nadam, which most files do not have."""

from __future__ import annotations

import math

_DECAY = 0.96
_SMALLEST = 1e-45  # of float32, in which the product is kept
_SETTLED = (
    250_000  # steps, after which a momentum is beta_1 to all digits, even with the slow decay of before Keras 2.4
)


def u_product(beta_1: float, steps: int, decay: float = 1.0) -> float:
    """The product of the momentums of so many steps, to which each step adds one factor.

    `decay` is the `schedule_decay` of Keras before 2.4.
    """
    product = 1.0
    for step in range(1, min(steps, _SETTLED) + 1):
        product *= _momentum(beta_1, step * decay)
        if product < _SMALLEST:
            return 0.0
    return product * _power(beta_1, steps - _SETTLED)


def u_product_of_graph(beta_1: float, steps: int, weights: int) -> float:
    """The product in the memory of Keras 2.11 to 2.15 after so many steps of `train_on_batch` or `fit`.

    There each of the `weights` multiplies it anew, and a comparison meant to prevent that holds in a few steps only:
    its left side is a number from the second time that the step was traced. With the product of one factor for each
    step, the steps after loading would differ from those without saving.
    """
    product = 1.0
    for step in range(1, min(steps, _SETTLED) + 1):
        factors = weights - (weights <= step < 2 * weights)
        product *= _momentum(beta_1, step) ** factors
        if product < _SMALLEST:
            return 0.0
    return product * _power(beta_1, (steps - _SETTLED) * weights)


def _momentum(beta_1: float, step: float) -> float:
    return beta_1 * (1.0 - 0.5 * _DECAY**step)


def _power(beta_1: float, steps: int) -> float:
    """What the momentums of steps multiply to that only beta_1 is left of."""
    try:
        return float(beta_1 ** max(steps, 0))
    except OverflowError:
        return math.inf
