"""TextVectorization: Keras 2 counts in floats, Keras 3 in integers, and it infers a wrong dtype and shape."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model

Shape = tuple[int | None, ...]


def compose(blueprint: Blueprint) -> Composition:
    """The layer itself if Keras 3 infers the shape and dtype of its output, else a model around it."""
    from keras import layers

    config, like = blueprint.config, tuple(blueprint.like.shape)
    splits = config["split"] is not None
    if config["ragged"] and splits and len(like) > 2:
        raise ValueError("ragged=True on an input of more than two axes is not supported")
    if config["output_mode"] == "int" and splits and len(like) <= 2:
        return Composition(layers.TextVectorization(name=blueprint.name, **config))
    inner = layers.TextVectorization(name=f"{blueprint.name}_text", **config)
    return Composition(as_model(blueprint, lambda x: _encoded(x, inner, config)))


def _encoded(x: Any, layer: Any, config: Any) -> Any:
    """The layer called on one axis of texts: for more axes Keras 3 infers a wrong shape."""
    from keras import ops

    tokens = _tokens(tuple(x.shape), config)
    if config["split"] is not None:
        x = ops.reshape(x, (-1,))
    y = layer(x)
    if config["output_mode"] == "int":
        return _reshaped(y, (*tokens[:-1], config["output_sequence_length"] or tokens[-1]))
    return _reshaped(ops.cast(y, "float32"), (*tokens[:-1], y.shape[-1]))


def _tokens(shape: Shape, config: Any) -> Shape:
    """The shape of the tokens: splitting adds an axis, after removing a last axis of one text."""
    if config["split"] is not None:
        return (*(shape[:-1] if len(shape) > 1 else shape), None)
    return shape if config["ngrams"] is None else (*shape[:-1], None)


def _reshaped(y: Any, shape: Shape) -> Any:
    """`y` with its true shape, which a reshape makes known to Keras 3."""
    from keras import ops

    if shape.count(None) < 2:
        return ops.reshape(y, tuple(-1 if size is None else size for size in shape))
    if len(shape) > 2:
        raise ValueError(f"several sizes of its output shape {shape} are unknown: set output_sequence_length")
    return y
