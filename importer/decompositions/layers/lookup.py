"""Lookups that do not give int64: Keras 2 gives them in the layer's dtype, Keras 3 knows int64 only."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """StringLookup, or IntegerLookup, which is the one with a `vocabulary_dtype`, between casts."""
    from keras import layers

    config = dict(blueprint.config)
    words = config.pop("vocabulary_dtype", "string")
    kind = layers.StringLookup if words == "string" else layers.IntegerLookup
    inner = kind(name=f"{blueprint.name}_lookup", **config)
    before, after = (blueprint.compute_dtype, words) if config["invert"] else (words, blueprint.compute_dtype)
    return Composition(as_model(blueprint, lambda x: _cast(inner(_cast(x, before)), after)))


def _cast(x: Any, dtype: str) -> Any:
    """Cast whatever the symbolic dtype says: Keras 3 calls the integers of a lookup floats."""
    import keras

    return x if dtype == "string" else keras.ops.cast(x, dtype)
