"""Keras 2.15 models with functions nobody can translate; run as a script, it saves each as `<folder>/<name>.h5`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.models.saving import save_all

# What bodies know by this name; a closure over a module could not be saved.
tf: Any = None


def helper(x: Any) -> Any:
    """A function of the user's own, which no model file holds."""
    return x / (1 + abs(x))


def squashed(x: Any, scale: float = 1.0) -> Any:
    return helper(x) * scale


def several(keras: Any) -> Any:
    """An operator and a body that Keras 3 has no counterpart of, and a function that is only referenced."""
    layers = keras.layers
    x = keras.Input((8,), name="x")
    cosines = tf.signal.dct(x, type=2)
    spectrum = layers.Lambda(lambda x: tf.signal.dct(x) * 2, name="spectrum")(layers.Dense(4)(cosines))
    inner = keras.Sequential([layers.Lambda(squashed, name="squashed", arguments={"scale": 3.0})], name="inner")
    return keras.Model(x, [inner(spectrum), cosines])


def trusted(keras: Any) -> Any:
    """A body that touches more than its tensors."""
    x = keras.Input((4,), name="x")
    return keras.Model(x, keras.layers.Lambda(lambda x: x * len(open.__name__), name="it")(x))


MODELS = {"several": several, "trusted": trusted}


def main(folder: Path) -> None:
    """Save every model."""
    import tensorflow

    globals().update(tf=tensorflow)
    save_all(MODELS, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
