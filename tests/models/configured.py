"""Keras 2.15 models of which each needs settings of its own; run as a script, it saves each as `<folder>/<name>.h5`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.models import custom_objects_keras2
from tests.models.saving import save_all


def fraud(keras: Any) -> Any:
    """An operator that Keras 3 has no counterpart of."""
    import tensorflow as tf

    x = keras.Input((8,), name="x")
    return keras.Model(x, keras.layers.Dense(2, name="out")(tf.signal.dct(x, type=2)), name="fraud")


def pricing(keras: Any) -> Any:
    """A class of the user's own."""
    x = keras.Input((6,), name="x")
    return keras.Model(x, custom_objects_keras2.Projection(4, name="projection")(x), name="pricing")


if __name__ == "__main__":
    save_all({"fraud": fraud, "pricing": pricing}, Path(sys.argv[1]))
