"""GlobalMaxPooling of nothing: Keras 2 gives minus infinity for no steps, no rows for no samples; Keras 3 raises."""

from __future__ import annotations

from typing import Any

from importer.native import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """The largest number of all axes between samples and channels; of a ragged tensor, Keras 3's own layer."""
    import keras

    config, rank = blueprint.config, len(blueprint.like.shape)
    if blueprint.given:
        made = getattr(keras.layers, f"GlobalMaxPooling{rank - 2}D")
        return Composition(made(name=blueprint.name, dtype=blueprint.dtype, **config))
    axes = range(2, rank) if config["data_format"] == "channels_first" else range(1, rank - 1)
    return Composition(as_model(blueprint, lambda x: _largest(x, list(axes), config["keepdims"]), range(1, rank)))


def _largest(x: Any, axes: list[int], keepdims: bool) -> Any:
    from importer.operators.portable import PORTABLE
    from importer.operators.reductions import largest

    return largest(PORTABLE, x, axes, keepdims)
