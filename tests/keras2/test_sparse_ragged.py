"""Sparse and ragged tensors: where they go in a model of Keras 2.15, and the probes for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exporter.probes.input_facts import InputFacts, input_facts
from exporter.probes.probes import Case, cases
from exporter.probes.sparse_ragged import check_inputs, kinds_by_layer, thinned, whole
from exporter.run.inference import outputs
from interchange.errors import Exit, Failure
from interchange.values import Ragged, Sparse

NUMBERS = np.arange(1.0, 43.0, dtype="float32").reshape(3, 7, 2)


def test_each_layer_that_is_given_such_tensors_is_found(keras: Any) -> None:
    layers = keras.layers
    i = keras.Input((4,), sparse=True)
    inner = keras.Model(i, layers.Dense(2, name="dense")(i), name="inner")
    plain = keras.Sequential([keras.Input((4,)), layers.Dense(2)], name="plain")
    x, ids = keras.Input((4,), sparse=True), keras.Input((None,), ragged=True)
    joined = layers.Concatenate(name="joined")([x, x])
    words = layers.Embedding(9, 2, name="words")(ids)
    outputs = [inner(x), plain(x), joined, layers.GlobalMaxPooling1D(name="pool")(words)]
    assert kinds_by_layer(keras.Model([x, ids], outputs)) == {
        "inner/dense": ["sparse"],
        "plain": ["sparse"],
        "joined": ["sparse"],
        "words": ["ragged"],
        "pool": ["ragged"],
    }


def test_a_sparse_probe_has_a_sample_of_nothing_and_keeps_some_of_the_others() -> None:
    probe: Any = thinned(NUMBERS, "sparse", np.random.default_rng(0))
    assert isinstance(probe, Sparse)
    assert not probe.array[1].any()
    assert 0 < np.count_nonzero(probe.array) < NUMBERS.size / 2
    assert np.isin(probe.array, [0.0, *NUMBERS.flat]).all()


@pytest.mark.parametrize("dtype", ["S", object])
def test_a_sparse_probe_of_words_leaves_out_empty_ones(dtype: Any) -> None:
    words: Any = thinned(np.array([[b"a", b"the"], [b"the", b"a"]] * 9, dtype), "sparse", np.random.default_rng(0))
    assert set(words.array.flat) == {b"", b"a", b"the"}


@pytest.mark.parametrize(("samples", "lengths"), [(1, (7,)), (3, (7, 0, 4)), (5, (7, 0, 4, 1, 1))])
def test_the_rows_of_a_ragged_probe_are_full_empty_and_between(samples: int, lengths: tuple[int, ...]) -> None:
    array = np.resize(NUMBERS, (samples, 7, 2))
    probe: Any = thinned(array, "ragged", np.random.default_rng(0))
    assert probe.lengths == (lengths,)
    np.testing.assert_array_equal(probe.array[:7], array[0])
    assert len(probe.array) == sum(lengths)


def test_samples_of_the_user_are_taken_whole() -> None:
    sparse, ragged = (whole(NUMBERS, kind) for kind in ("sparse", "ragged"))
    assert isinstance(sparse, Sparse)
    assert isinstance(ragged, Ragged)
    assert ragged.lengths == ((7, 7, 7),)
    np.testing.assert_array_equal(ragged.array, NUMBERS.reshape(21, 2))


def test_what_comes_out_is_known_for_what_it_is(keras: Any) -> None:
    x, y = keras.Input((4,), sparse=True), keras.Input((None, 2), ragged=True)
    model = keras.Model([x, y], [keras.layers.Dropout(0.5)(x), y, keras.layers.Dense(2)(x)])
    assert [fact.kind for fact in input_facts(model)] == ["sparse", "ragged"]
    (case,) = [case for case in cases(input_facts(model), 7) if case.name == "normal"]
    sparse, ragged, dense = outputs(model, case)
    assert isinstance(sparse, Sparse)
    assert isinstance(ragged, Ragged)
    assert ragged.lengths == ((7, 0, 4),)
    assert dense.shape == (3, 2)
    np.testing.assert_array_equal(sparse.array, case.inputs[0].array)
    np.testing.assert_array_equal(ragged.array, case.inputs[1].array)


def test_two_ragged_axes_are_refused_by_the_name_of_the_input(keras: Any) -> None:
    x = keras.Input((None, None), ragged=True, name="pages")
    with pytest.raises(Failure) as caught:
        check_inputs(keras.Model(x, keras.layers.Dropout(0.5)(x)))
    assert caught.value.code is Exit.REFUSED
    assert [(problem.layer, problem.key) for problem in caught.value.problems] == [("pages", "ragged")]


def test_dense_probes_are_what_they_were() -> None:
    fact = InputFacts((None, 3), "float32")
    assert all(isinstance(case, Case) and isinstance(case.inputs[0], np.ndarray) for case in cases([fact], 7))
