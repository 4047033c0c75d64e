"""Every example of every operation of Keras 3 as a model, its inputs and outputs: `operations.py FOLDER NAMES.json`.

Each is made in its first dtype, or with a third argument in all of its dtypes.

Runs in the keras3 environment: writes `<name>.json`, the config as a `.keras` file holds it, and `<name>.npz`.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from translation.keras3_to_2 import operations
from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.operation import Operation

_BATCH = 5


def operation_of(name: str) -> Any:
    """The class of this name in Keras 3."""
    from keras.src import activations, ops

    modules = (ops.numpy, ops.nn, ops.math, ops.linalg, ops.core, ops.image, ops.einops, activations.activations)
    return next(getattr(module, name) for module in modules if hasattr(module, name))


def model(name: str, operation: Operation, dtypes: Sequence[str]) -> tuple[Any, list[np.ndarray]]:
    """The operation called on inputs of its own for each example and dtype, and values for these inputs."""
    import keras

    inputs: list[Any] = []
    values: list[np.ndarray] = []
    outputs = []
    random = np.random.default_rng(7)
    for example in operation.examples:
        for dtype in dtypes:
            args = _given(list(example.arguments), dtype, inputs, values, random)
            options = _given(dict(example.options), dtype, inputs, values, random)
            config = {key: options.pop(key) for key in list(options) if key in operation.keys}
            outputs.append(operation_of(name)(**config)(*args, **options))
    outputs = [each for each in keras.tree.flatten(outputs) if isinstance(each, keras.KerasTensor)]
    return keras.Model(inputs, outputs), values


def _given(value: Any, dtype: str, inputs: list[Any], values: list[np.ndarray], random: Any) -> Any:
    """The arguments with an input of the model for each tensor."""
    import keras

    if hasattr(value, "sizes"):
        inputs.append(keras.Input(value.sizes, dtype=value.dtype or dtype, name=f"x{len(inputs)}"))
        values.append(_numbers(random, (_BATCH, *value.sizes), value.dtype or dtype, value.domain))
        return inputs[-1]
    if isinstance(value, Constant):
        return np.asarray(value.value, value.dtype)
    if isinstance(value, dict):
        return {key: _given(item, dtype, inputs, values, random) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_given(item, dtype, inputs, values, random) for item in value)
    return value


def _numbers(random: Any, shape: Sequence[int], dtype: str, domain: str | None) -> np.ndarray:
    """Numbers where the operation is defined."""
    if dtype == "bool":
        return random.random(shape) < 0.5
    whole = "int" in dtype
    numbers = random.integers(-4, 5, shape) if whole else random.standard_normal(shape) * 2
    if domain == "unit":
        numbers = np.sign(numbers) * 0 if whole else np.tanh(numbers) * 0.9
    elif domain == "positive":
        numbers = np.abs(numbers) + (1 if whole else 1.2)
    elif domain == "share":
        numbers = random.uniform(0.05, 0.95, shape)
    elif domain == "label":
        numbers = random.integers(0, 4, shape)
    elif domain == "definite":
        numbers = numbers @ np.swapaxes(numbers, -1, -2) + np.eye(shape[-1]) * 2
    elif domain == "special" and not whole:
        numbers = random.choice([np.nan, np.inf, -np.inf, 1.0, -2.0, 0.0], shape)
    elif domain == "holes" and not whole:
        numbers = np.where(random.random(shape) < 0.4, np.nan, numbers)
    return numbers.astype(dtype)


def save(name: str, folder: Path, count: int | None) -> None:
    """Save the model of an operation in its first `count` dtypes, with its inputs and outputs."""
    import keras

    keras.backend.clear_session()
    operation = operations.table()[name]
    made, values = model(name, operation, operation.dtypes[:count])
    outputs = keras.tree.flatten(made(values))
    arrays = {f"in{i}": value for i, value in enumerate(values)}
    arrays |= {f"out{i}": keras.ops.convert_to_numpy(value) for i, value in enumerate(outputs)}
    (folder / f"{name}.json").write_text(made.to_json())
    np.savez(folder / f"{name}.npz", **arrays)


def save_all(names: Sequence[str], folder: Path, count: int | None = None) -> None:
    """Save the models of these operations; what is wrong with one in `<name>.error`."""
    for name in names:
        error = reason_of(lambda: save(name, folder, count))  # noqa: B023 - called at once
        (folder / f"{name}.error").write_text(error)


def reason_of(function: Callable[[], object]) -> str:
    """The error that a function raises; empty if it raises none."""
    try:
        function()
    except Exception:  # noqa: BLE001 - the test tells of it
        return traceback.format_exc()[-1500:]
    return ""


if __name__ == "__main__":
    save_all(json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[1]), None if len(sys.argv) > 3 else 1)
