"""The product of momentums of Nadam."""

from __future__ import annotations

import time

import pytest

from translation.training.nadam import u_product, u_product_of_graph


def momentum(step: float) -> float:
    return 0.9 * (1 - 0.5 * 0.96**step)


def test_each_step_has_one_factor() -> None:
    assert u_product(0.9, 0) == 1
    assert u_product(0.9, 2) == pytest.approx(momentum(1) * momentum(2))
    assert u_product(0.9, 1, decay=0.004) == pytest.approx(momentum(0.004))


def test_in_a_graph_each_weight_multiplies_it_except_for_one_in_some_steps() -> None:
    """As Keras 2.15 does, which tests/keras2/test_training_state.py compares."""
    assert u_product_of_graph(0.9, 1, weights=2) == pytest.approx(momentum(1) ** 2)
    assert u_product_of_graph(0.9, 3, weights=2) == pytest.approx(momentum(1) ** 2 * momentum(2) * momentum(3))


@pytest.mark.parametrize("steps", [10**4, 2**62])
def test_after_many_steps_nothing_is_left_of_it(steps: int) -> None:
    assert u_product(0.9, steps) == 0
    assert u_product_of_graph(0.9, steps, weights=6) == 0


def test_as_many_steps_as_a_file_may_claim_take_no_time() -> None:
    begun = time.process_time()
    assert u_product(1 - 1e-12, 2**63 - 1) == 0
    assert u_product(1 - 1e-12, 2**63 - 1, decay=0) == 0
    assert 0 < u_product(1 - 1e-12, 10**9) < u_product(1 - 1e-12, 10**6)
    assert time.process_time() - begun < 2


def test_no_steps_or_fewer_leave_it_as_it_is() -> None:
    assert u_product(0.9, -5) == u_product_of_graph(0.9, -5, weights=6) == 1
