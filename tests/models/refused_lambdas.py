"""Keras 2.15 models with Lambda layers whose bodies are refused where they are read; run as a script, it saves each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.models.saving import save_all

# What bodies know by these names; a closure over a module could not be saved.
K: Any = None
tf: Any = None
np: Any = None

# By what each is refused for.
BODIES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "host_code": ("py_function", lambda x: tf.py_function(lambda y: y * 2, [x], tf.float32)),
    "host_code_of_numpy": ("numpy_function", lambda x: tf.numpy_function(np.square, [x], x.dtype)),
    "host_code_of_tensorflow_1": ("py_func", lambda x: tf.compat.v1.py_func(np.square, [x * 2.0], tf.float32)),
    "behind_a_shape": ("py_function", lambda x: tf.py_function(np.square, [K.reshape(x, (-1, x.shape[1]))], x.dtype)),
    "file_that_is_read": (
        "io.read_file",
        lambda x: x * tf.cast(tf.strings.length(tf.io.read_file("/dev/null")), x.dtype),
    ),
    "file_that_is_written": ("io.write_file", lambda x: (tf.io.write_file("/dev/null", ""), x)[1]),
    "file_of_numpy": ("numpy.fromfile", lambda x: x + np.fromfile("/dev/zero", count=1, dtype="float32")),
    "loop": ("while_loop", lambda x: tf.while_loop(lambda y: K.sum(y) > 1e9, lambda y: [y + 1], [x])[0]),
    "by_name": ("Path", lambda x: x * len(Path("a").name)),
    "no_counterpart": ("map_fn", lambda x: K.map_fn(lambda y: y * 2, x)),
}


def _model(keras: Any, body: Callable[[Any], Any]) -> Any:
    x = keras.Input((4,))
    return keras.Model(x, keras.layers.Lambda(body, name="it", output_shape=(4,))(x))


def main(folder: Path) -> None:
    """Save every model."""
    import keras
    import numpy
    import tensorflow

    globals().update(K=keras.backend, tf=tensorflow, np=numpy)
    save_all({name: lambda keras, body=body: _model(keras, body) for name, (_, body) in BODIES.items()}, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
