"""StochasticDepth of ConvNeXt: a Dropout that drops the whole branch of a sample."""

from __future__ import annotations

from importer.decompositions.layers import Blueprint, Composition


def compose(blueprint: Blueprint) -> Composition:
    """One random number for each sample, the same along all other axes."""
    from keras import layers

    noise = (None, *(1 for _ in blueprint.like.shape[1:]))
    rate = blueprint.config["drop_path_rate"]
    return Composition(layers.Dropout(rate, noise_shape=noise, name=blueprint.name, dtype=blueprint.dtype))
