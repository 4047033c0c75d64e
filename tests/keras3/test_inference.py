"""Models that loop long, or hold much, are traced: once, for every batch, and with the same answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from importer.verify import inference


def images() -> Any:
    import keras

    x = keras.Input((8, 8, 2))
    y = keras.layers.Conv2D(3, 3)(x)
    return keras.Model(x, keras.layers.BatchNormalization()(keras.layers.ReLU()(y)))


def bins() -> Any:
    import keras

    x = keras.Input((3,))
    return keras.Model(x, keras.layers.Discretization([-1.0, 0.0, 1.0], dtype="float64")(x))


def sequences() -> Any:
    import keras

    x = keras.Input((40, 2))
    return keras.Model(x, keras.layers.GRU(3)(x))


@pytest.mark.parametrize(
    ("model", "much", "times"), [(images, 99, 1), (images, 2**24, 0), (sequences, 2**24, 1), (bins, 2**24, 1)]
)
def test_it_answers_alike_and_is_traced_once_for_all_batches(
    model: Any, much: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "_MUCH", much)
    inference.release()
    made = model()
    for batch in (3, 1):
        x = np.random.default_rng(batch).normal(size=(batch, *made.inputs[0].shape[1:])).astype("float32")
        (answer,) = inference.outputs(made, [x])
        np.testing.assert_allclose(answer, made(x, training=False), rtol=1e-5, atol=1e-6)
    assert inference._traced.cache_info().misses == times


def test_all_that_layers_give_is_counted() -> None:
    import keras

    inner = images()
    x = keras.Input((8, 8, 2))
    shapes = [tuple(tensor.shape[1:]) for tensor in inference.made_in(keras.Model(x, inner(x)))]
    assert shapes.count((6, 6, 3)) == 4  # three layers inside, and the model as one outside


def test_a_name_that_is_no_scope_of_a_graph_is_answered_at_once() -> None:
    import keras

    inference.release()
    made = keras.Sequential([keras.Input((40, 2)), keras.layers.GRU(3)], name="net 1")
    x = np.ones((1, 40, 2), "float32")
    np.testing.assert_array_equal(inference.outputs(made, [x])[0], made(x, training=False))
    assert inference._traced.cache_info().misses == 0
