"""Probe inputs: what is read off a model, and that the inputs made from it are what its layers can take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.probes.input_facts import InputFacts, input_facts
from exporter.probes.probes import BATCH, cases
from exporter.probes.samples import read
from interchange.errors import Exit, Failure

FLOATS = InputFacts((None, 3), "float32")


def embedded(keras: Any, x: Any, rows: int, **options: Any) -> Any:
    return keras.layers.Embedding(rows, 2, **options)(x)


def inner(keras: Any, rows: int) -> Any:
    x = keras.Input((4,))
    return keras.Model(x, embedded(keras, x, rows, mask_zero=True))


# The first input, and what is to be known of the values it takes.
READERS: dict[str, tuple[Callable[[Any, Any], Any], int | None, float | None]] = {
    "dense": (lambda keras, x: keras.layers.Dense(2)(x), None, None),
    "embedding": (lambda keras, x: embedded(keras, x, 9), 9, None),
    "masked": (lambda keras, x: embedded(keras, x, 9, mask_zero=True), 9, 0.0),
    "smallest of two": (lambda keras, x: [embedded(keras, x, 9), embedded(keras, x, 5)], 5, None),
    "through reshape": (lambda keras, x: embedded(keras, keras.layers.Reshape((2, 2))(x), 9), 9, None),
    "through concatenate": (lambda keras, x: embedded(keras, keras.layers.Concatenate()([x, x]), 9), 9, None),
    "through models": (lambda keras, x: inner(keras, 7)(keras.layers.Flatten()(x)), 7, 0.0),
    "through a sequence": (
        lambda keras, x: keras.Sequential([keras.layers.Reshape((2, 2)), keras.layers.Embedding(6, 2)])(x),
        6,
        None,
    ),
    "each step": (
        lambda keras, x: keras.layers.TimeDistributed(keras.layers.Embedding(8, 2))(keras.layers.Reshape((2, 2))(x)),
        8,
        None,
    ),
    "masking": (lambda keras, x: keras.layers.Masking(0.5)(keras.layers.Reshape((2, 2))(x)), None, 0.5),
    "not behind a weight": (lambda keras, x: embedded(keras, keras.layers.Dense(2, "relu")(x), 9), None, None),
}


@pytest.mark.parametrize("name", READERS)
def test_the_ids_and_the_padding_an_input_takes_are_found(keras: Any, name: str) -> None:
    build, ids, padding = READERS[name]
    x = keras.Input((4,))
    assert input_facts(keras.Model(x, build(keras, x))) == [InputFacts((None, 4), "float32", ids, padding)]


@pytest.mark.parametrize("policy", ["float16", "mixed_float16", "mixed_bfloat16"])
def test_a_model_that_computes_in_halves_is_asked_for_numbers_far_from_zero(keras: Any, policy: str) -> None:
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(2)(keras.layers.Activation("tanh", dtype=policy)(x)))
    far = next(case for case in cases(input_facts(model), 7) if case.name == "far").inputs[0]
    assert (np.abs(far).min(axis=1) > far.std(axis=1)).all()
    assert far.std(axis=1).max() < 5


def test_a_cast_within_a_graph_makes_halves_as_well(keras: Any) -> None:
    import tensorflow as tf

    x = keras.Input((3,))
    assert input_facts(keras.Model(x, tf.cast(tf.cast(x, "float16"), "float32")))[0].halves
    assert not input_facts(keras.Model(x, tf.cast(tf.cast(x, "float64"), "float32")))[0].halves


def test_each_input_has_facts_of_its_own(keras: Any) -> None:
    x, y = keras.Input((None,), dtype="int64"), keras.Input(batch_shape=(4, 3))
    model = keras.Model([x, y], [embedded(keras, x, 9), keras.layers.Dense(1)(y)])
    assert input_facts(model) == [InputFacts((None, None), "int64", 9), InputFacts((4, 3), "float32")]


def by_name(*facts: InputFacts, free: int = 7, one_batch: bool = False) -> dict[str, tuple[np.ndarray, ...]]:
    return {case.name: case.inputs for case in cases(facts, free, one_batch=one_batch)}


def test_ids_lie_within_the_embedding_and_reach_both_ends() -> None:
    for values in (array for (array,) in by_name(InputFacts((None, None), "float32", ids=5)).values()):
        assert set(np.unique(values)) <= {0, 1, 2, 3, 4}
        assert {0, 4} <= set(np.unique(values))


@pytest.mark.parametrize("dtype", ["bool", "string", "int32", "uint8", "float16", "float32", "float64"])
def test_inputs_have_the_dtype_and_vary(dtype: str) -> None:
    for (values,) in by_name(InputFacts((None, 8), dtype)).values():
        assert values.dtype.kind == "S" if dtype == "string" else values.dtype == dtype
        assert len(np.unique(values)) > 1


def test_shapes_are_those_of_the_model_with_batches_of_one_and_of_several() -> None:
    shapes = {
        name: [x.shape for x in inputs] for name, inputs in by_name(InputFacts((None, None, 2), "float32")).items()
    }
    assert shapes.pop("single") == [(1, 7, 2)]
    assert set(map(tuple, shapes.values())) == {((BATCH, 7, 2),)}
    assert BATCH % 2


@pytest.mark.parametrize(("shape", "size"), [((4, 3), 4), ((None, 3), BATCH)])
def test_all_batches_are_of_one_size_where_the_model_keeps_it(shape: tuple[int | None, ...], size: int) -> None:
    assert {x.shape for (x,) in by_name(InputFacts(shape, "float32"), one_batch=True).values()} == {(size, 3)}


def test_values_are_large_tiny_and_zero() -> None:
    found = by_name(InputFacts((None, 50), "float32"))
    assert np.abs(found["wide"][0]).max() > 10
    assert not found["tiny"][0][0].any()
    assert 0 < np.abs(found["tiny"][0][1:]).max() < 1e-6


def test_what_is_known_of_values_holds_of_tiny_ones_too() -> None:
    for fact in (
        InputFacts((None, 8), "float32", values=(10, 20)),
        InputFacts((None, 8), "float32", between=(1.0, 2.0)),
    ):
        assert all(given.min() >= 1 for (given,) in by_name(fact).values())


def test_padded_sequences_end_in_padding_of_different_lengths() -> None:
    (values,) = by_name(InputFacts((None, 7), "float32", ids=9, padding=0.0))["padded"]
    lengths = [len(np.trim_zeros(row, "b")) for row in values]
    assert lengths == sorted(set(lengths), reverse=True)
    assert 0 < lengths[0] < 7


def test_without_masks_nothing_is_padded() -> None:
    assert "padded" not in by_name(InputFacts((None, 7), "float32"))


def test_the_same_model_is_asked_the_same() -> None:
    facts = InputFacts((None, 4), "float32", padding=0.5)
    for first, second in zip(by_name(facts).values(), by_name(facts).values()):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("keys", [("words", "image"), ("in0", "in1"), ("words", "in1")])
def test_samples_are_taken_by_name_or_by_order(tmp_path: Path, keys: tuple[str, str]) -> None:
    arrays = dict(zip(keys, (np.zeros((2, 3)), np.ones((2, 4)))))
    np.savez(tmp_path / "samples.npz", **arrays)
    case = read(tmp_path / "samples.npz", ["words", "image"], [FLOATS, InputFacts((None, 4), "float32")]).case
    assert case.name == "samples"
    assert [x.shape for x in case.inputs] == [(2, 3), (2, 4)]


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_samples_that_cannot_be_read_are_a_fault_of_the_arguments(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "samples.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Failure) as caught:
        read(path, ["x"], [FLOATS])
    assert caught.value.code is Exit.USAGE


@pytest.mark.parametrize("array", [np.zeros(2), np.array([{}])], ids=["another name", "pickled"])
def test_samples_that_do_not_hold_an_input_are_a_fault_of_the_arguments(tmp_path: Path, array: np.ndarray) -> None:
    np.savez(tmp_path / "samples.npz", other=array)
    with pytest.raises(Failure) as caught:
        read(tmp_path / "samples.npz", ["x"], [FLOATS])
    assert caught.value.code is Exit.USAGE
