"""StochasticDepth of TensorFlow Addons: at inference x[0] + p x[1]; its dropping in training is lost."""

from __future__ import annotations

from importer.decompositions.layers import Blueprint, Composition


def compose(blueprint: Blueprint) -> Composition:
    """A small model of two inputs."""
    import keras
    from keras import ops

    inputs = [keras.Input(batch_shape=(None, *x.shape[1:]), dtype=blueprint.compute_dtype) for x in blueprint.inputs]
    branch = ops.multiply(inputs[1], blueprint.config["survival_probability"])
    model = keras.Model(inputs, ops.add(inputs[0], branch), name=blueprint.name)
    return Composition(model, note="becomes the sum it is at inference: branches are not dropped in training")
