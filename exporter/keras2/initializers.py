"""Loading allocates; it does not draw or factorise what the file's weights overwrite a moment later."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from exporter.restore.zero_copy import zeros

# Those that cost: random numbers, and the QR factorisation of Orthogonal.
_COSTLY = ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal")
_SEED = 2015

_is_drawing = False


def make_free() -> None:
    """Let the costly initialisers of this process give zeros; configs still name them as they were."""
    from keras.src.initializers import initializers

    for name in _COSTLY:
        kind = getattr(initializers, name)
        kind.__call__ = _free(kind.__call__)


def _free(call: Callable[..., Any]) -> Callable[..., Any]:
    def initialised(self: Any, shape: Any, dtype: Any = None, **options: Any) -> Any:
        import tensorflow as tf

        return call(self, shape, dtype, **options) if _is_drawing else zeros(shape, tf.as_dtype(dtype or tf.float32))

    return initialised


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """For the length of a `with` block initialisers give what they are named for, the same numbers every time."""
    import keras

    global _is_drawing  # noqa: PLW0603  (as wide as what `make_free` has changed)
    keras.utils.set_random_seed(_SEED)
    _is_drawing = True
    try:
        yield
    finally:
        _is_drawing = False
