"""Build generated models with Keras 2.15, and ask them: `python -m proof.building JOBS.json RESULT.json`.

A job is a gene with a name for its file; beside the file lie the inputs that were drawn, the outputs, and how far
rounding alone moves these.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from proof import lambda_bodies
from proof.arrays import write
from proof.differences import moved
from proof.drawing import MANNERS, Slot, draw
from proof.steps import Builder

EACH = 12
_SUFFIXES = {"h5": ".h5", "keras": ".keras", "saved_model": ""}
_ULPS = {"mixed_float16": 5e-4, "mixed_bfloat16": 4e-3, "float64": 1e-15}


def made(gene: Mapping[str, Any], folder: Path, name: str) -> Path:
    """Build a model with weights that are no initial ones, ask it, and save it; raises what Keras raises."""
    import keras

    keras.backend.clear_session()
    keras.mixed_precision.set_global_policy(gene["policy"])
    try:
        builder = Builder(keras, gene["batch"])
        model = builder.model(gene)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    random = np.random.default_rng(gene["seed"])
    _randomise(model, random)
    inputs = _inputs(builder.slots, gene["batch"], random)
    answers, noise = _answers(model, inputs, random, _ULPS.get(gene["policy"], 6e-8))
    path = folder / f"{name}{_SUFFIXES[gene['format']]}"
    model.save(path)
    write(folder / f"{name}.inputs.npz", inputs)
    write(folder / f"{name}.outputs.npz", answers)
    write(folder / f"{name}.noise.npz", noise)
    return path


def _inputs(slots: Sequence[Slot], batch: int | None, random: np.random.Generator) -> list[np.ndarray]:
    if batch:
        return draw(slots, batch, 0, random)
    drawn = [draw(slots, EACH, manner, random) for manner in range(MANNERS)]
    return [np.concatenate(arrays) for arrays in zip(*drawn)]


def _randomise(model: Any, random: np.random.Generator) -> None:
    """Numbers of a size that keeps what comes out of a layer near one; what must be positive is."""
    for weight in model.weights:
        if not weight.dtype.is_floating or None in weight.shape:  # as what bins were counted from is
            continue
        shape, role = weight.shape, weight.name.split(":")[0].rpartition("/")[2]
        if any(word in role for word in ("variance", "gamma", "stddev")):
            weight.assign(random.uniform(0.4, 1.5, shape))
        elif len(shape) > 1:
            weight.assign(random.standard_normal(shape) / np.sqrt(np.prod(shape[:-1])))
        else:
            weight.assign(weight.numpy() + random.uniform(-0.3, 0.3, shape))


def _answers(model: Any, inputs: Sequence[np.ndarray], random: np.random.Generator, ulp: float) -> tuple[Any, Any]:
    """The flattened outputs, and how far they move when inputs and weights are rounded otherwise."""
    first = _answer(model, inputs)
    kept = model.get_weights()
    others = []
    for _ in range(3):
        model.set_weights([_nudged(array, random, ulp) for array in kept])
        others.append(_answer(model, [_nudged(array, random, ulp) for array in inputs]))
    model.set_weights(kept)
    return first, moved(first, others)


def _nudged(array: np.ndarray, random: np.random.Generator, ulp: float) -> np.ndarray:
    if array.dtype.kind != "f":
        return array
    return (array * (1 + random.uniform(-2, 2, array.shape) * ulp)).astype(array.dtype)


def _answer(model: Any, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    import tensorflow as tf

    model.reset_states()
    given = [tf.constant(array, symbolic.dtype) for array, symbolic in zip(inputs, model.inputs)]
    packed = tf.nest.pack_sequence_as(model.input, given)
    return [np.asarray(output) for output in tf.nest.flatten(model(packed, training=False))]


def main(arguments: Sequence[str]) -> None:
    """Build all, and write for each the path of its file, or why there is none."""
    import keras
    import tensorflow as tf

    lambda_bodies.K, lambda_bodies.tf = keras.backend, tf
    jobs = json.loads(Path(arguments[0]).read_text("utf-8"))
    folder, found = Path(jobs["folder"]), {}
    for name, gene in jobs["genes"].items():
        try:
            found[name] = {"path": str(made(gene, folder, name))}
        except Exception:  # noqa: BLE001, PERF203  (whatever Keras 2.15 raises, there is no such model)
            found[name] = {"invalid": traceback.format_exc(limit=-3)}
    Path(arguments[1]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
