"""What a config alone decides about attention, and the sums it is made of."""

from __future__ import annotations

from typing import Any

import pytest

from importer.decompositions.calls.multi_head_attention import _equations
from translation.keras2_to_3.rules import table

RULE = table()["layers", "MultiHeadAttention"]


def decided(key: str, **config: Any) -> Any:
    (verb,) = (verb for verb in RULE.verbs if verb.key == key)
    return verb.decide(config)


@pytest.mark.parametrize(("axes", "absolute"), [(None, None), ([1], [1]), ([-2], [2]), ([-3, 1], [1, 1])])
def test_axes_count_the_heads_as_in_keras_2(axes: Any, absolute: Any) -> None:
    decision = decided("attention_axes", attention_axes=axes, value_shape=[None, 5, 4])
    assert decision.settings == {"attention_axes": absolute}
    assert (decision.change is None) == (axes == absolute)


def test_a_negative_axis_needs_the_rank() -> None:
    decision = decided("attention_axes", attention_axes=[-2], value_shape=None)
    assert "value_shape" in str(decision.refusal)


def test_a_regularizer_that_reaches_less_is_told() -> None:
    assert decided("activity_regularizer", activity_regularizer={"class_name": "L2"}).change[0] == "training-only"
    assert decided("activity_regularizer", activity_regularizer=None).change is None


@pytest.mark.parametrize(
    ("rank", "axes", "sums"),
    [
        (4, (1,), ("aecd,abcd->acbe", "acbe,aecd->abcd")),
        (5, (2,), ("abfde,abcde->abdcf", "abdcf,abfde->abcde")),
        (5, (1, 2), ("afgde,abcde->adbcfg", "adbcfg,afgde->abcde")),
    ],
)
def test_the_sums_of_keys_and_of_values(rank: int, axes: tuple[int, ...], sums: tuple[str, str]) -> None:
    assert _equations(rank, axes) == sums
