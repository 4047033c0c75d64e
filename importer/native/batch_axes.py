"""A convolution on more than one batch axis: Keras 2 folds the surplus axes into the batch, Keras 3 refuses them."""

from __future__ import annotations

from typing import Any

from importer.native import Invocation, Proceed


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Fold, convolve, unfold; the usual single batch axis passes untouched."""
    import keras

    x = invocation.inputs
    core = invocation.layer.rank + 1
    surplus = tuple(x.shape[1:-core])
    if not surplus:
        return proceed(invocation)
    if None in x.shape[1:]:
        raise ValueError(f"a convolution over the batch axes {surplus} of {x.shape} needs all sizes but the first")
    folded = keras.ops.reshape(x, (-1, *x.shape[-core:]))
    y = proceed(Invocation(invocation.layer, folded, invocation.kwargs))
    return keras.ops.reshape(y, (-1, *surplus, *y.shape[1:]))
