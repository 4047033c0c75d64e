"""Every example of every rule for a layer as a model of Keras 2.15: `layer_rules.py FOLDER EXAMPLES.json`.

A model has one layer. Only the keras2 environment can import Keras 2, and it knows nothing of the importer, so
`examples()` writes down what the rules hold and `save_all` reads it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.models.saving import build_quickly, randomise


def examples() -> dict[str, Any]:
    """The examples of the rules as JSON, each by a name for its model: the class and the number of the example."""
    from translation.keras2_to_3.rules import table

    rules = [rule for (kind, _), rule in sorted(table().items()) if kind == "layers"]
    rows = {
        f"{rule.name}-{number}": {"class": rule.name, **dataclasses.asdict(example)}
        for rule in rules
        for number, example in enumerate(rule.examples)
    }
    return json.loads(json.dumps(rows, default=lambda array: array.tolist()))


def model(keras: Any, name: str, row: Mapping[str, Any]) -> Any:
    """The layer that an example describes, called on inputs of its shapes."""
    layer = _class(keras, row["class"]).from_config(row["before"])
    tensors = [keras.Input(shape, dtype=row["dtype"], name=f"x{i}") for i, shape in enumerate(row["inputs"])]
    # Layers with several inputs take a list, those of attention over queries and values take arguments.
    separate = len(tensors) > 1 and row["class"] == "MultiHeadAttention"
    outputs = layer(*tensors) if separate else layer(tensors if len(tensors) > 1 else tensors[0])
    return keras.Model(tensors, outputs, name=name)


def _class(keras: Any, name: str) -> Any:
    """A layer's class; some are not to be found among the others."""
    from keras.src.applications import convnext, inception_resnet_v2

    places = (keras.layers, keras.layers.experimental, convnext, inception_resnet_v2)
    return next(getattr(place, name) for place in places if hasattr(place, name))


def save_all(rows: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Save the model of each example as `<folder>/<name>.h5`."""
    import keras

    build_quickly()
    keras.utils.set_random_seed(2015)
    for name, row in rows.items():
        net = model(keras, name, row)
        randomise(net)
        net.save(folder / f"{name}.h5")


if __name__ == "__main__":
    save_all(json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[1]))
