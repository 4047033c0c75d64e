"""Every example of every operator as a model of Keras 2.15: `operators.py FOLDER EXAMPLES.json`.

One model a function: an output for each example and dtype. Only the keras2 environment can import Keras 2, and it
knows nothing of the importer, so `examples()` writes down what the table holds and `save_all` reads it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np


def examples() -> dict[str, Any]:
    """The examples of the table by the first name of each operator, with tensors as {"shape", "dtype", "domain"}."""
    from translation import operators

    chosen = {id(operator): operator for operator in operators.table().values() if operator.examples}
    return {operator.names[0]: [_row(operator, each) for each in operator.examples] for operator in chosen.values()}


def _row(operator: Any, each: Any) -> dict[str, Any]:
    options = {key: _plain(value) for key, value in each.options.items()}
    return {"arguments": _plain(list(each.arguments)), "options": options, "dtypes": list(operator.dtypes)}


def _plain(value: Any) -> Any:
    from translation.operators.operator import Batch

    if hasattr(value, "sizes"):
        return {"shape": list(value.sizes), "dtype": value.dtype, "domain": value.domain}
    if isinstance(value, Batch):
        return {"batch": None}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def model(keras: Any, name: str, rows: list[dict[str, Any]]) -> Any:
    """The function called on inputs of its own for each example and dtype.

    Called as it is, a function that is made of others may leave only those in the file.
    """
    from keras.src.layers.core.tf_op_layer import TFOpLambda
    from tensorflow.python.util import tf_export

    function = tf_export.get_symbol_from_name(name)
    inputs: list[Any] = []
    outputs = []
    for row in rows:
        for dtype in row["dtypes"]:
            given = _given(keras, [row["arguments"], row["options"]], dtype, inputs)
            outputs.append(TFOpLambda(function)(*given[0], **given[1]))
    return keras.Model(inputs, outputs, name=name.replace(".", "_"))


def _given(keras: Any, value: Any, dtype: str, inputs: list[Any]) -> Any:
    """The arguments with an input of the model for each tensor."""
    import tensorflow as tf

    if isinstance(value, dict) and value.keys() == {"shape", "dtype", "domain"}:
        inputs.append(keras.Input(value["shape"], dtype=value["dtype"] or dtype, name=f"x{len(inputs)}"))
        return _brought_into(value["domain"], inputs[-1])
    if isinstance(value, dict) and value.keys() == {"batch"}:
        return tf.shape(inputs[-1])[0]
    if isinstance(value, dict):
        return {key: _given(keras, item, dtype, inputs) for key, item in value.items()}
    return [_given(keras, item, dtype, inputs) for item in value] if isinstance(value, list) else value


def _brought_into(domain: str | None, x: Any) -> Any:
    import tensorflow as tf

    if domain == "unit":
        return tf.tanh(x) * 0.9
    if domain == "positive":
        return tf.abs(x) + 0.5
    if domain == "share":
        return tf.math.floormod(x, 1.0) * 0.98 + 0.01
    if domain == "label":
        return tf.math.floormod(x, 4)
    if domain == "definite":
        return tf.matmul(x, x, transpose_b=True) + (np.eye(x.shape[-1]) * 2).tolist()
    return x


def save_all(rows: dict[str, Any], folder: Path) -> None:
    """Save the model of each function as `<folder>/<name>.h5`."""
    import keras

    for name, examples_of in rows.items():
        keras.backend.clear_session()
        model(keras, name, examples_of).save(folder / f"{name}.h5", include_optimizer=False)


if __name__ == "__main__":
    save_all(json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[1]))
