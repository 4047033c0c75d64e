"""The user's own inputs: which of them an input takes, and what is said of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.probes.candidates import Guess
from exporter.probes.input_facts import InputFacts
from exporter.probes.samples import read
from interchange.errors import Exit, Failure
from interchange.values import array_of


def given(folder: Path, fact: InputFacts, array: Any) -> np.ndarray:
    np.savez(folder / "samples.npz", x=array)
    return array_of(read(folder / "samples.npz", ["x"], [fact]).case.inputs[0])


@pytest.mark.parametrize(
    ("shape", "dtype", "array", "expected"),
    [
        ((None, 2), "float32", np.ones((3, 2)), (3, 2)),
        ((None, 2), "float32", np.ones((3, 2), "int64"), (3, 2)),
        ((None, 1), "float32", np.ones(3), (3, 1)),
        ((None,), "float32", np.ones((3, 1)), (3,)),
        ((None, None), "int32", np.array([[1.0, 2.0]]), (1, 2)),
        ((None, 2), "bool", np.array([[0, 1]]), (1, 2)),
        ((None,), "complex64", np.array([1j]), (1,)),
        ((None,), "string", np.array(["fair", "f\u00fcr"]), (2,)),
    ],
)
def test_what_an_input_takes_comes_in_its_own_dtype(
    tmp_path: Path, shape: tuple[int | None, ...], dtype: str, array: np.ndarray, expected: tuple[int, ...]
) -> None:
    found = given(tmp_path, InputFacts(shape, dtype), array)
    assert found.shape == expected
    assert found.dtype.kind == "S" if dtype == "string" else found.dtype == dtype
    assert dtype != "string" or found.tolist() == [b"fair", "f\u00fcr".encode()]


@pytest.mark.parametrize(
    ("shape", "dtype", "array", "told"),
    [
        (
            (None, 2),
            "float32",
            np.ones((3, 4)),
            "takes float32 of shape (None, 2), and is given float64 of shape (3, 4)",
        ),
        ((4, 2), "float32", np.ones((3, 2)), "takes float32 of shape (4, 2)"),
        ((None, 2), "float32", np.ones((0, 2)), "is given float64 of shape (0, 2)"),
        ((None, 2), "float32", np.ones(()), "is given float64 of shape ()"),
        ((None,), "float32", np.array(["1"]), "is given string of shape (1,)"),
        ((None,), "string", np.ones(2), "takes string of shape (None,), and is given float64"),
        (
            (None,),
            "int32",
            np.array([0.5]),
            "takes int32 of shape (None,), and is given float64 of shape (1,) from 0.5",
        ),
        ((None,), "uint8", np.array([0, 300]), "is given int64 of shape (2,) from 0 to 300"),
        ((None,), "uint8", np.array([-1]), "is given int64 of shape (1,) from -1 to -1"),
        ((None,), "int32", np.array([2**40]), "takes int32"),
        ((None,), "int32", np.array([np.nan]), "takes int32"),
        ((None,), "float32", np.array([1j]), "is given complex128"),
    ],
)
def test_what_it_does_not_take_is_told_by_its_name(
    tmp_path: Path, shape: tuple[int | None, ...], dtype: str, array: np.ndarray, told: str
) -> None:
    with pytest.raises(Failure) as caught:
        given(tmp_path, InputFacts(shape, dtype), array)
    assert caught.value.code is Exit.USAGE
    assert "samples.npz: the input x " in caught.value.message
    assert told in caught.value.message


def test_all_inputs_have_the_same_number_of_samples(tmp_path: Path) -> None:
    np.savez(tmp_path / "samples.npz", x=np.ones((2, 1)), y=np.ones((3, 1)))
    with pytest.raises(Failure, match="2 of x, 3 of y"):
        read(tmp_path / "samples.npz", ["x", "y"], [InputFacts((None, 1), "float32")] * 2)


def test_probes_may_be_like_the_samples(tmp_path: Path) -> None:
    np.savez(tmp_path / "samples.npz", words=[[b"a", b"b"]], ids=[[3, 9]], numbers=[[0.25, 0.75]], known=[[1, 2]])
    facts = (
        InputFacts((None, None), "string"), InputFacts((None, None), "float32"), InputFacts((None, None), "float32"),
        InputFacts((None, 2), "float32", ids=5),
    )  # fmt: skip
    samples = read(tmp_path / "samples.npz", ["words", "ids", "numbers", "known"], facts)
    words, ids, numbers, known = samples.guess(Guess(facts)).facts
    assert {fact.shape for fact in (words, ids, numbers)} == {(None, 2)}
    assert words.values == (b"a", b"b")
    assert ids.whole_numbers == (3, 10)
    assert numbers.between == (0.25, 0.75)
    assert known == facts[-1]
