"""Report what differs when the new model is trained further, although its outputs are equal."""

from __future__ import annotations

from typing import Any

from interchange.messages.changes import Change

# Where Keras 2 can use TensorFlow's fused kernel: the axes of channels by the rank of the input.
_FUSED_AXES = {4: (1, 3), 5: (1, 4)}


def further_training(model: Any) -> list[Change]:
    """The line about moving variances, for which Keras 3 has no setting, if the model has any."""
    count = len({id(layer) for layer in model._flatten_layers() if _was_fused(layer)})
    if not count:
        return []
    text = (
        f"{count} layer{'s' * (count > 1)} on images or volumes: trained further, moving_variance moves towards the "
        "variance of a batch of n values in Keras 3, and towards n / (n - 1) times that in Keras 2"
    )
    return [Change("", "BatchNormalization", "training-only", text)]


def _was_fused(layer: Any) -> bool:
    """Whether Keras 2.15 runs the layer with the fused kernel, which alone corrects the variance for a small batch."""
    import keras

    if not isinstance(layer, keras.layers.BatchNormalization) or layer.renorm or layer.synchronized:
        return False
    rank = layer.input_spec.ndim
    return layer.axis % rank in _FUSED_AXES.get(rank, ()) and layer.compute_dtype != "float64"
