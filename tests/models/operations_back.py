"""Operations of Keras 3 built with Keras 2.15, saved, opened and run: `operations_back.py FOLDER NAMES.json`.

Runs in the keras2 environment on what `operations.py` wrote; what differs in each goes to `<name>.result`.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from interchange.errors import Problem
from translation.keras3_to_2 import operations

_TOLERANCE = {"float16": 1e-2, "bfloat16": 1e-2}


def built(config: Mapping[str, Any]) -> Any:
    """The model of this config of Keras 3, which has inputs and operations alone."""
    import keras
    import tensorflow as tf

    made: dict[tuple[str, int], Any] = {}
    for entry in config["layers"]:
        name = entry["name"]
        if entry["class_name"] == "InputLayer":
            made[name, 0] = [
                keras.Input(entry["config"]["batch_shape"][1:], dtype=entry["config"]["dtype"], name=entry["name"])
            ]
            continue
        spec = operations.spec_of(entry, name)
        if isinstance(spec, Problem):
            raise ValueError(str(spec))
        for index, node in enumerate(entry["inbound_nodes"]):
            args, kwargs = (_filled(node[key], made) for key in ("args", "kwargs"))
            made[name, index] = tf.nest.flatten(operations.call(tf, spec, args, kwargs))
    inputs, outputs = (_ends(config[key], made) for key in ("input_layers", "output_layers"))
    return keras.Model(inputs, outputs)


def _ends(value: Any, made: Mapping[tuple[str, int], Any]) -> Any:
    if isinstance(value[0], str):
        return made[value[0], value[1]][value[2]]
    return [_ends(item, made) for item in value]


def _filled(value: Any, made: Mapping[tuple[str, int], Any]) -> Any:
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        layer, node, tensor = value["config"]["keras_history"]
        found = made[layer, node][tensor]
        shape, dtype = list(found.shape), found.dtype.name
        if (shape, dtype) != (value["config"]["shape"], value["config"]["dtype"]):
            raise ValueError(f"{layer}: {dtype} {shape}, not {value['config']}")
        return found
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _filled(item, made) for key, item in value.items()}
    return [_filled(item, made) for item in value] if isinstance(value, list) else value


def differences(folder: Path, name: str) -> str:
    """What a saved model computes otherwise than Keras 3; empty if it is the same."""
    import keras

    keras.backend.clear_session()
    arrays = np.load(folder / f"{name}.npz")
    inputs = [arrays[f"in{index}"] for index in range(sum(key.startswith("in") for key in arrays))]
    expected = [arrays[f"out{index}"] for index in range(sum(key.startswith("out") for key in arrays))]
    model = built(json.loads((folder / f"{name}.json").read_text())["config"])
    problems = []
    for suffix in (".h5", ".keras"):
        model.save(folder / f"{name}{suffix}")
        opened = keras.models.load_model(folder / f"{name}{suffix}", compile=False)
        given = inputs if len(inputs) > 1 else inputs[0]
        found = opened(given)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        problems += [
            f"{suffix} output {i}: {text}" for i, (a, b) in enumerate(zip(found, expected)) if (text := _of(a, b))
        ]
        problems += [] if len(found) == len(expected) else [f"{len(found)} outputs, not {len(expected)}"]
    return "\n".join(problems)


def _of(found: Any, expected: np.ndarray) -> str:
    values = found.numpy()
    if (str(values.dtype), values.shape) != (str(expected.dtype), expected.shape):
        return f"{values.dtype} {values.shape}, not {expected.dtype} {expected.shape}"
    if expected.dtype.kind in "biu":
        return "" if np.array_equal(values, expected) else f"{values.ravel()[:6]}, not {expected.ravel()[:6]}"
    limit = _TOLERANCE.get(str(expected.dtype), 2e-5)
    a, b = values.astype("float64"), expected.astype("float64")
    finite = b[np.isfinite(b)]
    near = np.isclose(a, b, rtol=limit, atol=limit * max(1e-2, np.abs(finite).max(initial=0.0)), equal_nan=True)
    return "" if near.all() else f"{a[~near][:6]}, not {b[~near][:6]}"


def result_of(folder: Path, name: str) -> str:
    """What differs, or the error in either environment."""
    error = (folder / f"{name}.error").read_text()
    if error:
        return error
    try:
        return differences(folder, name)
    except Exception:  # noqa: BLE001 - the test tells of it
        return traceback.format_exc()[-1500:]


def main(folder: Path, names: list[str]) -> None:
    """Write what differs in each operation."""
    for name in names:
        (folder / f"{name}.result").write_text(result_of(folder, name))


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))
