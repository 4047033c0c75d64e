"""Figures of `docs/what-changed.md` that only Keras 2.15 itself can give; the others are measured in tests/keras3."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.keras2_to_3.rules import table


def test_spectral_normalization_gives_what_the_wrapped_layer_gives(keras: Any) -> None:
    """The other side, and that this is the figure of the page, is `spectral_normalization` of the measurements."""
    (quiet,) = table()["layers", "SpectralNormalization"].quiet
    halves = keras.layers.Embedding(3, 1, embeddings_initializer=keras.initializers.Constant(0.5))
    before = keras.layers.SpectralNormalization(halves)(np.array([[1]]), training=False)
    assert str(float(before[0, 0, 0])) == quiet.figures[0]
