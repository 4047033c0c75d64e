"""What the verifier has to tell beside its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from importer.verify import verify
from importer.verify.compare import compare, rounded_up
from importer.verify.recorded_calls import Answer, Probe
from importer.verify.verify import became_dense, compared
from interchange.errors import Exit, Failure
from interchange.messages.requests import ToleranceOptions
from interchange.messages.verification import UnprovingProbe, unproven
from interchange.values import Sparse, Value
from interchange.workers.tolerances import tolerance

TRUTH = np.array([[1.0, -3.0], [0.25, 2.0]], "float32")
CALLS = [[Probe("normal", [TRUTH], [Answer("first", TRUTH), Answer("second", TRUTH * 7)])]]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> list[Value]:
    """What a model answers, which a test may change."""
    answers: list[Value] = [TRUTH, TRUTH * 7]
    monkeypatch.setattr(verify, "outputs", lambda model, _: list(model))
    monkeypatch.setattr(verify, "tolerances", lambda _, count, *asked: [tolerance({"float32"}, *asked)] * count)
    return answers


def off(answers: list[Value], gaps: Sequence[float]) -> None:
    for index, gap in enumerate(gaps):
        answers[index] = np.asarray(answers[index]) + np.float32(gap)


STRICTER = [(0.0, 0.0), (0.0, 1e-8), (1e-9, 0.0), (0.0, None), (1e-8, 1e-9)]
LAST_DIGITS = [(2e-6, 0.0), (0.0, 1e-5), (3e-6, 2e-6), (2e-5, 1e-4)]


@pytest.mark.parametrize("gaps", LAST_DIGITS)
@pytest.mark.parametrize(("rtol", "atol"), STRICTER)
def test_what_differs_for_the_user_alone_accuses_nobody_and_shows_the_way_out(
    model: list[Value], gaps: Sequence[float], rtol: float | None, atol: float | None
) -> None:
    off(model, gaps)
    assert compared(model, CALLS, ToleranceOptions()).outputs
    with pytest.raises(Failure) as caught:
        compared(model, CALLS, ToleranceOptions(rtol, atol))
    failure = caught.value
    assert failure.code is Exit.DIFFERS
    assert "would be verified by default" in failure.message
    assert "report" not in f"{failure.message} {failure.hint}"
    assert failure.detail["verification"]["outputs"][0]["name"] == "first"
    told = str(failure.hint).rpartition("--atol ")[2]
    assert compared(model, CALLS, ToleranceOptions(rtol, float(told))).outputs


@pytest.mark.parametrize("gaps", [(1e-3, 0.0), (0.0, np.nan), (2e-6, 1.0)])
def test_what_differs_by_default_is_no_matter_of_kernels(model: list[Value], gaps: Sequence[float]) -> None:
    off(model, gaps)
    for limits in (ToleranceOptions(), ToleranceOptions(0.0, 0.0)):
        with pytest.raises(Failure) as caught:
            compared(model, CALLS, limits)
        assert caught.value.hint is None, "whoever knows the bundle asks for a second opinion"
        assert "by default" not in caught.value.message


@pytest.mark.parametrize("number", [1e-7, 1.2e-7, 9.99e-6, 9.9e-6, 0.1, 0.25, 1.0, 99.0, 3.00001e-8])
def test_a_number_is_rounded_up(number: float) -> None:
    assert number < float(rounded_up(number)) <= number * 1.16


def test_a_sparse_output_that_has_become_dense_is_a_line_of_the_report() -> None:
    numbers = np.ones((2, 3))
    pairs: dict[str, tuple[Value, Value]] = {
        "kept": (Sparse(numbers), Sparse(numbers)),
        "plain": (numbers, numbers),
        "changed": (numbers, Sparse(numbers)),
    }
    rows = tuple(compare(name, new, old, tolerance(frozenset()), 0.0) for name, (new, old) in pairs.items())
    changes = became_dense(replace(unproven("nothing"), outputs=rows))
    assert [(change.layer, change.kind) for change in changes] == [("changed", "structural")]


def test_a_probe_that_rounding_alone_moves_as_much_proves_nothing(model: list[Value]) -> None:
    steady, wild = ([Answer("first", TRUTH, noise), Answer("second", TRUTH * 7)] for noise in (1e-6, 2.9))
    calls = [[Probe("normal", [TRUTH], steady)], [Probe("wide", [TRUTH], wild)]]
    found = compared(model, calls, ToleranceOptions())
    assert found.proves_nothing == (UnprovingProbe("wide", "first", noise=2.9, size=3.0),)
    assert (found.samples, found.numbers, found.noise) == (4, 12, 1e-6)
    off(model, [1.0, 0.0])
    with pytest.raises(Failure) as caught:
        compared(model, calls, ToleranceOptions())
    assert caught.value.code is Exit.DIFFERS, "the other probe tells"


def test_what_no_probe_proves_is_not_verified(model: list[Value]) -> None:
    calls = [[Probe("normal", [TRUTH], [Answer("first", TRUTH, 2.9), Answer("second", TRUTH * 7)])]]
    with pytest.raises(Failure, match=r"moves output first by 2\.9 and more on every probe, and it is 3") as caught:
        compared(model, calls, ToleranceOptions())
    assert caught.value.code is Exit.REFUSED
    assert "--inputs FILE.npz" in str(caught.value.hint)
    assert [row["name"] for row in caught.value.detail["verification"]["outputs"]] == ["second"]
    given = [Probe("samples", [TRUTH], [Answer("first", TRUTH, 1e-6), Answer("second", TRUTH * 7)])]
    assert compared(model, [*calls, given], ToleranceOptions()).inputs == ("normal", "samples")


def test_what_proves_nothing_has_the_same_shape_all_the_same(model: list[Value]) -> None:
    calls = [[Probe("normal", [TRUTH], [Answer("first", TRUTH[:1], 2.9), Answer("second", TRUTH * 7)])]]
    with pytest.raises(Failure, match="its shape is") as caught:
        compared(model, calls, ToleranceOptions())
    assert caught.value.code is Exit.DIFFERS


def test_each_output_has_a_tolerance_of_its_own(model: list[Value], monkeypatch: pytest.MonkeyPatch) -> None:
    each = [frozenset({"float32", "float16"}), frozenset({"float32"})]
    monkeypatch.setattr(verify, "tolerances", lambda _, count, *asked: [tolerance(dtypes, *asked) for dtypes in each])
    off(model, (1e-3, 0.0))
    assert [row.tolerance > 1e-3 for row in compared(model, CALLS, ToleranceOptions()).outputs] == [True, False]
    model[1] = np.asarray(model[1]) + np.float32(1e-3)
    with pytest.raises(Failure, match="output second differs") as caught:
        compared(model, CALLS, ToleranceOptions())
    assert caught.value.code is Exit.DIFFERS
