"""Building allocates; it does not draw or factorise what the restored weights overwrite a moment later."""

from __future__ import annotations

from typing import Any

# Those that cost: random numbers, and the QR factorisation of Orthogonal.
_COSTLY = ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal")


def make_free() -> None:
    """Let the costly initialisers of this process give zeros; configs still name them as they were."""
    import keras

    def zeros(_self: Any, shape: Any, dtype: Any = None, **_: Any) -> Any:
        return keras.ops.zeros(shape, dtype or keras.config.floatx())

    for name in _COSTLY:
        getattr(keras.initializers, name).__call__ = zeros
