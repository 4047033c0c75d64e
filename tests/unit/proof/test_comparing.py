"""What counts as another answer, and which inputs are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from interchange.workers.tolerances import Tolerance
from proof.arrays import read, write
from proof.differences import APART, gap, in_parts, moved
from proof.drawing import MANNERS, Facts, Slot, candidates, draw
from proof.judging import compared

WITHIN = Tolerance(0.0, 0.1)
STILL = np.zeros(3)


def floats(*numbers: float) -> np.ndarray:
    return np.array(numbers, "float32")


@pytest.mark.parametrize(
    ("found", "wanted", "noise", "apart"),
    [
        (floats(1, 2, 3), floats(1, 2, 3), STILL, 0.0),
        (floats(1, 2, 3.05), floats(1, 2, 3), STILL, 0.5),
        (floats(1, 2, 3.3), floats(1, 2, 3), STILL, 3.0),
        (floats(1, 2, 3.3), floats(1, 2, 3), np.array([0, 0, 0.2]), 1.0),
        (floats(1, 2.3, 3), floats(1, 2, 3), np.array([0, 0, 0.2]), 3.0),
        (floats(1, 2, np.nan), floats(1, 2, 3), STILL, APART),
        (floats(1, 2, np.nan), floats(1, 2, np.nan), STILL, 0.0),
        (floats(1, 2, np.inf), floats(1, 2, 3), np.array([0, 0, np.inf]), 0.0),
        (floats(1, 2), floats(1, 2, 3), STILL, APART),
        (floats(1, 2, 3).astype("float64"), floats(1, 2, 3), STILL, APART),
        (np.array([1, 2, 4]), np.array([1, 2, 3]), STILL, APART),
        (np.array([1, 2, 4]), np.array([1, 2, 3]), np.array([0, 0, 4]), 0.0),
        (np.array(["a", "b", "d"], object), np.array(["a", "b", "c"], object), STILL, APART),
        (np.array([True, False, True]), np.array([True, False, True]), STILL, 0.0),
    ],
)
def test_a_gap_is_a_multiple_of_what_is_allowed(
    found: np.ndarray, wanted: np.ndarray, noise: np.ndarray, apart: float
) -> None:
    assert gap([found], [wanted], [noise], WITHIN) == pytest.approx(apart, rel=1e-5)


def test_another_number_of_outputs_is_another_answer() -> None:
    assert gap([], [floats(1)], [STILL], WITHIN) == APART


def test_what_moves_is_measured_four_times_over() -> None:
    first, others = [floats(1, np.nan, 3)], [[floats(1, np.nan, 3.5)], [floats(1.25, np.nan, 3)]]
    assert moved(first, others)[0].tolist() == [1.0, 0.0, 2.0]
    assert moved([np.array([1, 2])], [[np.array([1, 3])]])[0].tolist() == [0.0, 4.0]
    assert moved([floats(1)], [[floats(np.nan)]])[0].tolist() == [np.inf]


def test_parts_of_another_size_are_compared_by_themselves() -> None:
    small, large = floats(*[0.001] * 4, *[1000] * 4), floats(*[0.002] * 4, *[1000] * 4)
    parts = in_parts([small, large, np.zeros(8)], 2)
    found = [gap([a], [b], [c], Tolerance(0.01, 0.0)) for a, b, c in parts]
    assert (found[0] > 1, found[1] > 1) == (True, False)
    assert len(in_parts([small[:3], large[:3]], 2)) == 1


def test_a_model_is_judged_by_dtypes_and_answers() -> None:
    right, noise = [("float32", floats(1, 2, 3))], [("float64", STILL)]
    assert compared(right, right, noise, WITHIN).kind == "right"
    assert compared([("float32", floats(1, 2, 4))], right, noise, WITHIN).kind == "wrong"
    assert compared([("float16", floats(1, 2, 3))], right, noise, WITHIN).kind == "wrong"
    assert compared([*right, *right], right, noise, WITHIN).kind == "wrong"


def test_arrays_are_written_and_read(tmp_path) -> None:
    words = np.array([[b"a", "ö"]], object)
    write(tmp_path / "x.npz", [words, floats(1), np.array([True])])
    (kind, text), (number, _), (flag, _) = read(tmp_path / "x.npz")
    assert (kind, number, flag) == ("string", "float32", "bool")
    assert text.tolist() == [["a", "ö"]]


SLOTS = [
    Slot((None, 5, 3), "float32", padding=0.5),
    Slot((None, 6), "int32", "ids", 4),
    Slot((None, 2), "string", "words", words=("a", "b")),
    Slot((None,), "bool", "flags"),
]


@pytest.mark.parametrize("manner", range(MANNERS))
def test_inputs_are_what_a_model_takes(manner: int) -> None:
    numbers, ids, words, flags = draw(SLOTS, 50, manner, np.random.default_rng(manner))
    assert (numbers.shape, ids.shape, words.shape, flags.shape) == ((50, 5, 3), (50, 6), (50, 2), (50,))
    assert (numbers.dtype, ids.dtype, flags.dtype) == ("float32", "int32", "bool")
    assert 0 <= ids.min() <= ids.max() == 3
    assert set(words.ravel()) == {"a", "b"}
    assert np.isfinite(numbers).all()
    again = draw(SLOTS, 50, manner, np.random.default_rng(manner))
    assert all(np.array_equal(a, b) for a, b in zip(again, (numbers, ids, words, flags)))


def test_some_samples_end_in_padding() -> None:
    drawn = [draw(SLOTS, 50, manner, np.random.default_rng(0)) for manner in range(MANNERS)]
    assert any((numbers[:, -1] == 0.5).all(-1).any() for numbers, *_ in drawn)
    assert any((ids[:, -2:] == 0).all(-1).mean() > 0.3 for _, ids, *_ in drawn)


def test_floats_may_be_numbers_or_ids() -> None:
    found = list(candidates([Slot((None, 4), "float32"), Slot((None, 4), "int64")], Facts(limit=7)))
    assert [[slot.kind for slot in slots] for slots in found] == [["numbers", "ids"], ["ids", "ids"]]
    assert {slot.limit for slots in found for slot in slots} == {7}
