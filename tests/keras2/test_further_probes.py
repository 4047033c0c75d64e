"""Further probes: what they hold of ids, words, lengths and numbers, how many there are, and which are left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.probes import sizes, steps
from exporter.probes.further import VARIETIES, cases, mixed
from exporter.probes.input_facts import InputFacts, input_facts
from interchange.values import Ragged, Sparse, array_of
from tests.keras2.test_export import asked, exported, saved

IDS = InputFacts((None, 5), "float32", ids=40, padding=0.0)


def given(fact: InputFacts, count: int = 256) -> np.ndarray:
    return np.concatenate([array_of(case.inputs[0]) for case in cases([fact], 7, count)])


def test_every_id_comes_in_every_column_and_alike_in_all() -> None:
    array = given(IDS)
    assert all(set(column) == set(range(40)) for column in array.T)
    assert {row[0] for row in array if len(set(row)) == 1} == set(range(40))


def test_every_id_of_a_large_vocabulary_comes_in_some_column() -> None:
    assert set(given(InputFacts((None, 8), "int32", ids=1100)).ravel()) == set(range(1100))


def test_every_word_comes_in_every_column() -> None:
    words = tuple(f"word {number}".encode() for number in range(40))
    array = given(InputFacts((None, 2), "string", values=words[:3], words=words))
    assert all(set(column) == set(words) for column in array.T)


def test_sequences_are_padded_to_every_length_at_both_ends() -> None:
    array = given(InputFacts((None, 7, 2), "float32", padding=0.5))
    last, first = (array[start : start + 32] == 0.5 for start in (32, 7 * 32))
    assert {int(row.all(axis=1).sum()) for row in last} == set(range(8))
    assert all((np.diff(row[:, 0].astype(int)) >= 0).all() for row in last)
    assert all((np.diff(row[:, 0].astype(int)) <= 0).all() for row in first)


def test_numbers_are_ordinary_halves_single_entries_and_those_of_images() -> None:
    parts = np.split(given(InputFacts((None, 6), "float32")), VARIETIES)
    assert (parts[3] * 2 == np.rint(parts[3] * 2)).all()
    assert (parts[3] != np.rint(parts[3])).any()
    assert not parts[3][0].any()
    assert (parts[3][1] == parts[3][2]).all()
    assert ((parts[4] != 0).sum(axis=1) == 1).all()
    assert set(np.argmax(parts[4] != 0, axis=1)) == set(range(6))
    assert 0 <= parts[5].min() < parts[5].max() <= 1
    assert 0 <= parts[7].min() < 200 < parts[7].max() <= 255


def test_numbers_lie_on_both_sides_of_each_mark() -> None:
    marks = (-50.0, 3.0, 17.0, 18.0, 140.0)
    near = np.split(given(InputFacts((None, 3), "float32", marks=marks)), VARIETIES)[6]
    for mark in marks:
        close = near[np.abs(near - mark) < 0.5]
        assert {-1, 0, 1} == set(np.sign(close - mark))


def test_what_is_known_of_numbers_holds() -> None:
    assert given(InputFacts((None, 3), "float32", between=(1.0, 2.0))).min() >= 1
    assert set(given(InputFacts((None, 3), "int32", span=(2, 5))).ravel()) == {2, 3, 4}


def test_samples_of_one_call_are_of_every_variety() -> None:
    (case,) = mixed([InputFacts((None, 6), "float32")], 7, 64, 64)
    assert ((array_of(case.inputs[0]) != 0).sum(axis=1) == 1).sum() == 64 // VARIETIES
    kinds = {kind: mixed([InputFacts((None, 6), "float32", kind=kind)], 7, 16, 16) for kind in ("ragged", "sparse")}
    ragged, sparse = (kinds[kind][0].inputs[0] for kind in ("ragged", "sparse"))
    assert isinstance(ragged, Ragged)
    assert set(ragged.lengths[0]) == set(range(7))
    assert isinstance(sparse, Sparse)


def test_the_same_model_is_asked_the_same() -> None:
    assert all(np.array_equal(a, b) for a, b in zip(given(IDS), given(IDS)))


def test_the_number_of_samples_depends_on_what_a_layer_computes(keras: Any) -> None:
    def count(*layers: Any, shape: tuple[int, ...] = (8,)) -> int:
        model = keras.Sequential([keras.Input(shape), *layers])
        return sizes.count(model, input_facts(model), 7)

    assert count(keras.layers.Dense(4)) == 256
    assert count(keras.layers.Embedding(1000, 4)) == 1000
    assert count(keras.layers.Embedding(50_000, 4)) == 1024
    assert count(keras.layers.Conv2D(32, 5), keras.layers.Conv2D(32, 5), shape=(64, 64, 3)) == 8
    assert count(keras.layers.Conv2D(256, 9), shape=(512, 512, 3)) == 0


def test_samples_without_a_number_in_the_answer_are_left_out(keras: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    x = keras.Input((4,))
    model = keras.Model(x, tf.math.divide(1.0, tf.reduce_sum(tf.abs(x), axis=-1) - 3.0))
    found = asked(exported(saved(model, tmp_path)))
    assert all(not (np.abs(values).sum(axis=1) == 3).any() for (values,) in found.values())
    assert len(found["more-5"][0]) < len(found["more-1"][0]) == 32, "single entries of 3 are left out"


def test_samples_lie_next_to_steps(keras: Any) -> None:
    import tensorflow as tf

    x = keras.Input((4,))
    for step in (0.37, 9.0):
        model = keras.Model(x, tf.where(x > step, x + 1, x))
        case = steps.case(model, input_facts(model), 7)
        assert steps.has_steps(model)
        assert case is not None
        gaps = array_of(case.inputs[0]) - step
        assert np.abs(gaps[gaps <= 0]).min() < 0.2
        assert gaps[gaps > 0].min() < 0.2


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_no_steps_are_looked_for_in_layers_without_any(keras: Any, activation: str) -> None:
    assert not steps.has_steps(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation)]))


def test_marks_are_bins_and_what_a_normalization_takes_for_ordinary(keras: Any) -> None:
    x = keras.Input((2,))
    bins = keras.layers.Discretization([0.5, 2.0])
    normal = keras.layers.Normalization(mean=5.0, variance=4.0)
    assert input_facts(keras.Model(x, bins(x)))[0].marks == (0.5, 2.0)
    assert input_facts(keras.Model(x, normal(x)))[0].marks == (1.0, 3.0, 5.0, 7.0, 9.0)
