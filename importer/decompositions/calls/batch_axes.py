"""A convolution on more than one batch axis: Keras 2 folds the surplus axes into the batch, Keras 3 refuses them."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Fold the surplus batch axes into the first, call the layer, unfold; nothing if there is one batch axis."""
    x = invocation.inputs
    surplus = tuple(x.shape[1 : -invocation.layer.rank - 1])
    if not surplus:
        return proceed(invocation)
    invocation.tell(
        "structural", f"its batch axes besides the first, {surplus}, are folded into the first around the layer"
    )
    if None not in x.shape[1:]:
        return _folded(invocation, proceed, surplus)
    if None in surplus:
        raise ValueError(f"a convolution over the batch axes {surplus} of {x.shape} needs their sizes")
    return _one_by_one(x, len(surplus), invocation, proceed)


def _folded(invocation: Invocation, proceed: Proceed, surplus: tuple[int, ...]) -> Any:
    import keras

    core = invocation.inputs.shape[len(surplus) + 1 :]
    folded = keras.ops.reshape(invocation.inputs, (-1, *core))
    y = proceed(invocation.on(folded))
    return keras.ops.reshape(y, (-1, *surplus, *y.shape[1:]))


def _one_by_one(x: Any, surplus: int, invocation: Invocation, proceed: Proceed) -> Any:
    """Call the layer on each slice along the surplus axes: more sizes are unknown than a reshape can leave open."""
    import keras

    if not surplus:
        return proceed(invocation.on(x))
    slices = keras.ops.unstack(x, axis=1)
    return keras.ops.stack([_one_by_one(part, surplus - 1, invocation, proceed) for part in slices], axis=1)
