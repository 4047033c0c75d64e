"""Lookups that do not give int64: Keras 2 gives them in the layer's dtype, Keras 3 knows int64 only."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """A StringLookup between casts, or an IntegerLookup if there is a `vocabulary_dtype`."""
    from keras import layers

    config = dict(blueprint.config)
    words = config.pop("vocabulary_dtype", "string")
    kind = layers.StringLookup if words == "string" else layers.IntegerLookup
    inner = kind(name=f"{blueprint.name}_lookup", **config)
    before, after = (blueprint.compute_dtype, words) if config["invert"] else (words, blueprint.compute_dtype)
    return Composition(as_model(blueprint, lambda x: _cast(inner(_cast(x, before)), after)))


def _cast(x: Any, dtype: str) -> Any:
    """Cast even if the symbolic dtype is the same: Keras 3 declares the integers of a lookup as floats."""
    import keras

    return x if dtype == "string" else keras.ops.cast(x, dtype)
