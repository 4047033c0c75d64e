"""Decompositions at work: calls that Keras 3 would refuse or answer otherwise, verified against Keras 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from importer.decompositions.calls import Invocation, invoke
from interchange.errors import Exit, Failure


def major(keras: Any, **options: Any) -> Any:
    return keras.layers.LSTM(4, time_major=True, **options)


def of(*shape: int | None, batch: bool = False) -> Callable[[Any, Callable[[Any], Any]], Any]:
    """A model of one input: `shape` holds the batch axis where `batch` is set."""

    def model(keras: Any, body: Callable[[Any], Any]) -> Any:
        x = keras.Input(batch_shape=shape) if batch else keras.Input(shape)
        return keras.Model(x, body(x))

    return model


def masked(keras: Any, x: Any, **options: Any) -> Any:
    return keras.layers.Embedding(9, 4, mask_zero=True, **options)(x)


def with_states(keras: Any, layer: Any, count: int) -> Any:
    """A masked sequence and as many states as the layer takes."""
    ids, states = keras.Input((4,)), [keras.Input((4,)) for _ in range(count)]
    return keras.Model([ids, *states], layer(masked(keras, ids), initial_state=states))


TIME_FIRST = of(3, 3, 2, batch=True)
CALLS: dict[str, Callable[[Any], Any]] = {
    "time major, last output": lambda keras: TIME_FIRST(keras, major(keras)),
    "time major, sequences": lambda keras: TIME_FIRST(keras, major(keras, return_sequences=True)),
    "time major, states": lambda keras: TIME_FIRST(keras, major(keras, return_sequences=True, return_state=True)),
    "time major, backwards": lambda keras: TIME_FIRST(keras, major(keras, return_sequences=True, go_backwards=True)),
    "time major, masked": lambda keras: TIME_FIRST(
        keras, lambda x: major(keras, return_sequences=True)(keras.layers.Masking(0.0)(x))
    ),
    "time major, both directions": lambda keras: TIME_FIRST(
        keras, keras.layers.Bidirectional(major(keras, return_sequences=True), merge_mode="sum")
    ),
    "time major, both directions apart": lambda keras: TIME_FIRST(
        keras, keras.layers.Bidirectional(major(keras, return_sequences=True, return_state=True), merge_mode=None)
    ),
    "masked, with a state": lambda keras: with_states(keras, keras.layers.GRU(4), 1),
    "masked, with states": lambda keras: with_states(keras, keras.layers.LSTM(4, return_sequences=True), 2),
    "masked, with the states of stacked cells": lambda keras: with_states(
        keras, keras.layers.RNN([keras.layers.GRUCell(4), keras.layers.SimpleRNNCell(4)]), 2
    ),
    "masked, with the states of both directions": lambda keras: with_states(
        keras, keras.layers.Bidirectional(keras.layers.GRU(4)), 2
    ),
    "constants that no cell reads": lambda keras: unread_constants(keras, states=False),
    "states, and constants that no cell reads": lambda keras: unread_constants(keras, states=True),
    "convolution of several batch axes": lambda keras: of(2, 3, 6, 2)(keras, keras.layers.Conv1D(2, 2)),
    "convolution of several batch axes, any length": lambda keras: of(2, 3, None, 2)(keras, keras.layers.Conv1D(2, 2)),
    "each step of images of any size": lambda keras: of(2, None, None, 3)(
        keras, keras.layers.TimeDistributed(keras.layers.Conv2D(2, 2))
    ),
    "each of any number of steps": lambda keras: of(None, 4)(
        keras, keras.layers.TimeDistributed(keras.layers.Dense(2))
    ),
    "each step of each step": lambda keras: of(2, 3, 4)(
        keras, keras.layers.TimeDistributed(keras.layers.TimeDistributed(keras.layers.Dense(2)))
    ),
    "each step is a sequence": lambda keras: of(2, 3, 3)(
        keras, keras.layers.TimeDistributed(keras.layers.Bidirectional(keras.layers.GRU(2)))
    ),
    "each step makes a mask": lambda keras: of(2, 4)(
        keras,
        lambda x: keras.layers.TimeDistributed(keras.layers.LSTM(3))(
            keras.layers.TimeDistributed(keras.layers.Embedding(9, 4, mask_zero=True))(x)
        ),
    ),
    "a mask through each step": lambda keras: of(4)(
        keras, lambda x: keras.layers.LSTM(3)(keras.layers.TimeDistributed(keras.layers.Dense(3))(masked(keras, x)))
    ),
    "two masks end to end": lambda keras: of(4)(
        keras,
        lambda x: keras.layers.LSTM(3)(
            keras.layers.Concatenate(axis=-2)([masked(keras, x), masked(keras, keras.layers.Permute((1,))(x))])
        ),
    ),
    "ragged made dense": lambda keras: ragged(keras, lambda x: x.to_tensor()),
    "ragged made dense, filled": lambda keras: ragged(keras, lambda x: x.to_tensor(default_value=-1.5)),
    "ragged made dense, twice": lambda keras: ragged(
        keras,
        lambda x: keras.layers.GlobalMaxPooling1D()(keras.layers.Dense(2)(x.to_tensor(0)) + x.to_tensor()[..., :1]),
    ),
    "ragged whole numbers made dense": lambda keras: ragged(
        keras, lambda x: keras.layers.Embedding(10, 3)(x.to_tensor(9)), (None,), "int32"
    ),
    "one merged with itself": lambda keras: of(4)(
        keras, lambda x: keras.layers.GRU(3)(keras.layers.Multiply()([y := masked(keras, x), y]))
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_call_computes_what_it_computed(old: Any, arrive: Any, name: str) -> None:
    report = arrive(CALLS[name](old)).report["verification"]
    assert all(row["equal"] for row in report["outputs"])
    assert report["strength"] == "full"


def ragged(
    keras: Any, body: Callable[[Any], Any], shape: tuple[int | None, ...] = (None, 3), dtype: str = "float32"
) -> Any:
    x = keras.Input(shape, dtype=dtype, ragged=True)
    return keras.Model(x, body(x))


def unread_constants(keras: Any, *, states: bool) -> Any:
    """Stacked cells, called with constants that none of them reads, and with states or without."""
    x, state, constants = keras.Input((5, 3)), keras.Input((4,)), [keras.Input((2,)), keras.Input((3,))]
    layer = keras.layers.RNN(keras.layers.StackedRNNCells([keras.layers.GRUCell(4)]))
    given = {"initial_state": [state]} if states else {}
    return keras.Model([x, state, *constants], layer(x, constants=constants, **given))


def constants(keras: Any) -> Any:
    """A recurrence with a constant beside its states; no cell of Keras takes one, but the call can be written."""
    x, state, constant = keras.Input((5, 3)), keras.Input((4,)), keras.Input((2,))

    class Cell(keras.layers.SimpleRNNCell):
        def call(self, inputs: Any, states: Any, constants: Any = None, training: Any = None) -> Any:
            return super().call(inputs, states, training=training)

    Cell.__name__ = "SimpleRNNCell"
    layer = keras.layers.RNN(Cell(4), name="rnn")
    return keras.Model([x, state, constant], layer(x, initial_state=[state], constants=[constant]))


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "constants": (constants, "rnn"),
    "ragged made dense of a size": (
        lambda keras: ragged(keras, lambda x: x.to_tensor(shape=(None, 4, 3))),
        "input.to_tensor",
    ),
    "lengths of ragged": (lambda keras: ragged(keras, lambda x: x.row_lengths()), "input.row_lengths"),
    "parts of ragged": (lambda keras: ragged(keras, lambda x: x.flat_values), "input.flat_values"),
    "ragged made of parts": (
        lambda keras: of(4, 3)(keras, lambda x: tf.RaggedTensor.from_tensor(x).to_tensor()),
        "tf.RaggedTensor.from_tensor",
    ),
    "batch axes of any size": (lambda keras: of(None, 6, 2)(keras, keras.layers.Conv1D(2, 2, name="conv")), "conv"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_call_that_cannot_be_expressed_is_refused_by_name(old: Any, arrive: Any, name: str) -> None:
    build, layer = REFUSED[name]
    with pytest.raises(Failure) as caught:
        arrive(build(old))
    assert caught.value.code is Exit.REFUSED
    assert {problem.layer for problem in caught.value.problems} == {layer}


def test_decompositions_are_applied_from_the_outermost_inwards() -> None:
    def layer(x: Any, **kwargs: Any) -> Any:
        return x, kwargs

    assert invoke([], Invocation(layer, "x", {"training": False})) == ("x", {"training": False})
    assert invoke(["recurrent_call"], Invocation(layer, ["x", "s"], {})) == ("x", {"initial_state": ["s"]})
