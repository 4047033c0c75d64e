"""The comparison of one output with the truth: what counts as equal, and what each difference is called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from importer.verify.compare import compare, hardly_varies, worse
from interchange.messages.verification import OutputComparison
from interchange.values import Ragged, Sparse, Value, kind_of
from interchange.workers.tolerances import tolerance

FLOAT, HALF = tolerance(frozenset({"float32"})), tolerance(frozenset({"float32", "float16"}))
NAN, INF = np.nan, np.inf


def compared(result: Any, truth: Any, dtype: str = "float32", *, within=FLOAT, noise: float = 0.0) -> OutputComparison:
    return compare("y", np.array(result, dtype), np.array(truth, dtype), within, noise)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "uint8", "bool", "complex64"])
def test_what_is_the_same_is_equal(dtype: str) -> None:
    row = compared([[0, 1], [1, 0]], [[0, 1], [1, 0]], dtype)
    assert (row.equal, row.max_abs, row.reason, row.shape, row.dtype) == (True, 0.0, None, (2, 2), dtype)


def test_words_are_compared_exactly() -> None:
    words, other = (np.array(text, object) for text in ([b"a", b"b"], [b"a", b"c"]))
    assert compare("y", words, words, FLOAT, 0.0).equal
    assert not compare("y", other, words, FLOAT, 1.0).equal


def test_nothing_equals_nothing() -> None:
    assert compared(np.zeros((0, 3)), np.zeros((0, 3))).equal


@pytest.mark.parametrize("truth", [[1.0, 2.0, 3.0], [[1.0], [2.0]], 1.0])
def test_another_shape_differs_even_where_it_could_be_broadcast(truth: Any) -> None:
    row = compared([[1.0, 2.0]], truth)
    assert not row.equal
    assert "shape" in str(row.reason)


def test_another_dtype_differs_even_with_equal_values() -> None:
    row = compare("y", np.ones(2, "float64"), np.ones(2, "float32"), FLOAT, 0.0)
    assert not row.equal
    assert "dtype" in str(row.reason)


@pytest.mark.parametrize("values", [[NAN, 1.0], [INF, 1.0], [-INF, 1.0], [NAN, INF]])
def test_what_is_not_finite_in_both_is_equal(values: list[float]) -> None:
    assert compared(values, values).equal


@pytest.mark.parametrize(
    ("result", "truth"),
    [
        ([NAN, 1.0], [1.0, 1.0]),
        ([1.0, 1.0], [NAN, 1.0]),
        ([NAN, 1.0], [1.0, NAN]),
        ([INF, 1.0], [-INF, 1.0]),
        ([INF, 1.0], [NAN, 1.0]),
        ([INF, 1.0], [3.4e38, 1.0]),
        ([3.4e38, 1.0], [INF, 1.0]),
    ],
)
def test_what_is_not_finite_elsewhere_differs_whatever_is_allowed(result: list[float], truth: list[float]) -> None:
    row = compared(result, truth, noise=1e40)
    assert not row.equal
    assert "NaN or infinity" in str(row.reason)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_whole_numbers_are_exact_whatever_is_allowed(dtype: str) -> None:
    assert not compared([1, 1], [1, 0], dtype, within=tolerance(frozenset(), 1.0, 1.0), noise=9.0).equal


@pytest.mark.parametrize(
    ("gap", "options", "equal"),
    [
        (2.0e-3, {}, True),
        (2.1e-3, {}, False),
        (-2.1e-3, {}, False),
        (2.1e-3, {"noise": 1e-3}, True),
        (3.1e-3, {"noise": 1e-3}, False),
        (0.39, {"within": HALF}, True),
        (0.41, {"within": HALF}, False),
        (1.5, {"within": tolerance(frozenset({"float16", "bfloat16"}))}, True),
        (1.7, {"within": tolerance(frozenset({"bfloat16"}))}, False),
        (0.9, {"within": tolerance(frozenset({"float32"}), rtol=1e-2)}, True),
        (0.9, {"within": tolerance(frozenset({"float32"}), atol=0.9)}, True),
        (1e-3, {"within": tolerance(frozenset({"float16"}), rtol=1e-6, atol=1e-6)}, False),
    ],
)
def test_the_allowed_gap_grows_with_the_largest_value_the_dtype_the_noise_and_the_users_wish(
    gap: float, options: dict[str, Any], equal: bool
) -> None:
    """The largest value is 100, and the gap is at another, small one."""
    row = compared([100.0, 0.5 + gap], [100.0, 0.5], "float64", **options)
    assert row.equal is equal
    assert row.max_abs == pytest.approx(abs(gap))
    assert row.max_rel == pytest.approx(abs(gap) / 100)


def test_the_tolerance_is_that_of_the_truth() -> None:
    assert not compared([1e6], [1.0]).equal


def test_a_difference_says_more_than_a_large_gap_that_is_allowed() -> None:
    small = OutputComparison("y", (1,), "float32", 1e-5, 1e-5, 2e-5, equal=True)
    near = replace(small, max_abs=1.9e-5)
    wrong = replace(small, max_abs=1e-4, equal=False)
    hopeless = replace(small, max_abs=None, equal=False)
    ranked = [small, near, wrong, hopeless]
    for lesser, greater in zip(ranked, ranked[1:]):
        assert worse(lesser, greater) is worse(greater, lesser) is greater


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[1.0, 1.0], [1.0, 1.00001]], True),
        ([[0.0, 0.0], [0.0, 0.0]], True),
        ([[NAN, 1.0], [INF, 1.0]], True),
        ([[1.0, 1.0], [1.0, 1.01]], False),
        ([[-1.0, -1.0], [1.0, 1.0]], False),
        ([[[0.3, 0.7], [0.3, 0.7]], [[0.3, 0.7]]], True),
        ([[[0.3, 0.7], [0.3, 0.8]], [[0.3, 0.7]]], False),
        ([[[[0.3], [0.7]]], [[[0.3], [0.7]], [[0.3], [0.7]]]], True),
        ([[[0.3, 0.7]], [[0.3, 0.7, 0.5]]], False),
        ([[[NAN, NAN]], [[NAN, NAN]]], False),
        ([2.0, 2.0], True),
    ],
)
def test_outputs_that_hardly_vary_are_known(values: list[Any], expected: bool) -> None:
    assert hardly_varies([np.array(row) for row in values]) is expected


def test_words_prove_what_they_prove() -> None:
    assert not hardly_varies([np.array([b"a", b"a"], object)])


RAGGED = Ragged(np.arange(3.0), ((2, 0, 1),))


@pytest.mark.parametrize(
    ("result", "truth", "reason"),
    [
        (np.ones(3), Sparse(np.ones(3)), None),
        (Sparse(np.ones(3)), np.ones(3), "it is sparse, not dense"),
        (np.arange(3.0), RAGGED, "it is dense, not ragged"),
        (Ragged(np.arange(3.0), ((2, 1, 0),)), RAGGED, "its rows have different lengths"),
        (Ragged(np.arange(3.0), ((2, 0, 1),)), RAGGED, None),
        (Ragged(np.ones(3), ((2, 0, 1),)), RAGGED, "by 1, "),
    ],
)
def test_equal_numbers_in_another_form_are_no_equal_output(result: Value, truth: Value, reason: str | None) -> None:
    row = compare("y", result, truth, tolerance(frozenset()), 0.0)
    assert row.equal is (reason is None)
    assert (row.reason or "").startswith(reason or "")
    assert (row.kind, row.kind_before) == (kind_of(result), kind_of(truth))
