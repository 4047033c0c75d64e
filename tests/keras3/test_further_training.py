"""The line about further training: for the layers Keras 2 runs with its fused kernel, and once for a model."""

from __future__ import annotations

from typing import Any

import pytest

from importer.build.further_training import further_training

PLACES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "vectors": ({}, (3,)),
    "sequences": ({}, (4, 3)),
    "images": ({}, (4, 5, 3)),
    "images, channels first": ({"axis": 1}, (3, 4, 5)),
    "images in half precision": ({"dtype": "mixed_float16"}, (4, 5, 3)),
    "images in double precision": ({"dtype": "float64"}, (4, 5, 3)),
    "images, renormalised": ({"renorm": True}, (4, 5, 3)),
    "images, over several machines": ({"synchronized": True}, (4, 5, 3)),
    "volumes": ({}, (4, 5, 6, 3)),
    "volumes, channels first": ({"axis": 1}, (3, 4, 5, 6)),
    "volumes, along another axis": ({"axis": 2}, (4, 5, 6, 3)),
    "films of volumes": ({}, (2, 4, 5, 6, 3)),
}


@pytest.mark.parametrize("place", PLACES)
def test_it_is_told_where_keras_2_uses_the_fused_kernel(old: Any, place: str) -> None:
    import keras

    options, shape = PLACES[place]
    before = old.layers.BatchNormalization(**options)
    before.build((None, *shape))
    after = keras.Sequential([keras.Input(shape), keras.layers.BatchNormalization(**options)])
    assert bool(further_training(after)) is bool(before.fused)


def test_fifty_layers_are_one_line_of_the_report(old: Any, arrive: Any) -> None:
    """A layer called twice is one layer, also within a model called twice."""
    layers = old.layers
    inner = old.Sequential([old.Input((4, 5, 3)), layers.BatchNormalization()])
    twice, each = layers.BatchNormalization(), layers.TimeDistributed(layers.BatchNormalization())
    x = old.Input((4, 5, 3))
    y = each(layers.Reshape((2, 2, 5, 3))(twice(twice(inner(inner(x))))))
    report = arrive(old.Model(x, layers.BatchNormalization()(layers.Flatten()(y)))).report
    told = [change for change in report["changes"] if change["kind"] == "training-only"]
    assert [(change["layer"], change["rule"]) for change in told] == [("", "BatchNormalization")]
    assert told[0]["text"].startswith("3 layers on images or volumes: ")
