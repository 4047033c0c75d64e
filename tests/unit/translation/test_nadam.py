"""The product of momentums of Nadam, for any number of steps that a file may name."""

from __future__ import annotations

import pytest

from translation.training import nadam

LAST = 2**63 - 1


def test_it_is_that_of_every_step() -> None:
    assert nadam.u_product(0.9, 0) == 1.0
    assert nadam.u_product(0.9, 2) == pytest.approx(0.9 * 0.52 * 0.9 * (1 - 0.5 * 0.96**2))
    assert nadam.u_product_of_graph(0.9, 1, 6) == pytest.approx((0.9 * 0.52) ** 6)


@pytest.mark.parametrize("product", [nadam.u_product, lambda beta, steps: nadam.u_product_of_graph(beta, steps, 3)])
def test_it_does_not_count_to_the_number_of_steps(product) -> None:
    assert product(0.9, LAST) == 0.0
    assert product(1.0, LAST) == product(1.0, LAST // 2) > 0
    assert product(0.999999, 2**40) == 0.0
