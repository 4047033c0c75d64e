"""RandomCrop at inference: Keras 2 casts to the layer's dtype, resizes and crops; Keras 3 returns its input."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model
from importer.decompositions.layers.images.resizing import compose as compose_resizing
from importer.decompositions.layers.images.resizing import resized_as_keras_2


def compose(blueprint: Blueprint) -> Composition:
    """A Resizing; integer layers truncate their input before."""
    if "float" in blueprint.compute_dtype:
        return compose_resizing(blueprint)
    return Composition(as_model(blueprint, lambda x: _of_integers(x, blueprint), (1, 2)))


def _of_integers(x: Any, blueprint: Blueprint) -> Any:
    from keras import ops

    return resized_as_keras_2(ops.cast(x, blueprint.compute_dtype), blueprint)
