"""The same in Keras 3: every layer that draws in training does what it does at inference once it is silenced."""

from __future__ import annotations

import numpy as np
import pytest

from importer.verify import inference
from interchange.workers.quiet_layers import silence
from tests.models.noisy_layers import IN_KERAS_3, LAYERS


@pytest.mark.parametrize("name", sorted(IN_KERAS_3))
def test_a_silenced_layer_does_in_training_what_it_does_at_inference(name: str) -> None:
    import keras

    keras.utils.set_random_seed(2015)
    shape, build = LAYERS[name]
    x = keras.Input(shape)
    model = keras.Model(x, build(keras.layers)(x))
    values = np.random.default_rng(1).uniform(0.1, 0.9, (5, *shape)).astype("float32")
    quiet = np.asarray(model(values, training=False))
    inference.reset(model)  # a cell keeps the mask of its last call
    noisy = np.asarray(model(values, training=True))
    assert noisy.shape != quiet.shape or not np.allclose(noisy, quiet)
    silence(model._flatten_layers())
    inference.reset(model)
    assert np.allclose(np.asarray(model(values, training=True)), quiet, atol=1e-6)
