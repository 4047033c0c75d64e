"""How a model of either Keras goes on training: fixed batches, and what it answers on them.

Run as a script, it opens results with stock Keras 3, and imports nothing of this project.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

SAMPLES = 16
Batch = tuple[Any, Any, Any]
"""Inputs, targets and weights of samples, as `train_on_batch` takes them."""


def numbers(random: np.random.Generator) -> Batch:
    """Six numbers for one."""
    x = random.normal(size=(SAMPLES, 6)).astype("float32")
    return x, np.tanh(x.sum(1, keepdims=True) / 2), None


def weighted(random: np.random.Generator) -> Batch:
    """The same with weights of samples."""
    x, y, _ = numbers(random)
    return x, y, random.uniform(0.2, 2, SAMPLES).astype("float32")


def classes(random: np.random.Generator) -> Batch:
    """Six numbers for one of three classes."""
    x = random.normal(size=(SAMPLES, 6)).astype("float32")
    return x, np.eye(3, dtype="float32")[x[:, :3].argmax(1)], None


def words(random: np.random.Generator) -> Batch:
    """Padded words for a tag of each."""
    x = random.integers(1, 20, (SAMPLES, 7)) * (np.arange(7) < random.integers(2, 8, (SAMPLES, 1)))
    return x.astype("int32"), (x % 3).astype("int32"), None


def steps_in_time(random: np.random.Generator) -> Batch:
    """Six steps of four numbers for one."""
    x = random.normal(size=(SAMPLES, 6, 4)).astype("float32")
    return x, np.tanh(x.sum((1, 2)) / 3)[:, None], None


def pairs(random: np.random.Generator) -> Batch:
    """Six numbers for an amount and a kind, in a list."""
    x, amount, _ = numbers(random)
    return x, [amount, (x[:, 0] > 0).astype("int32")], None


def named_pairs(random: np.random.Generator) -> Batch:
    """The same by name; Keras 3 takes no weights of samples by name."""
    x, (amount, kind), _ = pairs(random)
    return x, {"amount": amount, "kind": kind}, None


KINDS: Mapping[str, Callable[[np.random.Generator], Batch]] = {
    one.__name__: one for one in (numbers, weighted, classes, words, steps_in_time, pairs, named_pairs)
}


def batches(kind: str, first: int, count: int) -> list[Batch]:
    """The batches of these numbers, the same in every process."""
    return [KINDS[kind](np.random.default_rng(first + number)) for number in range(count)]


def next_steps(model: Any, kind: str) -> dict[str, Any]:
    """What is there before six more steps, the losses of each, and the outputs afterwards; no step knows of another."""
    model.run_eagerly = True  # which takes less time than to trace and compile what runs a few times
    coming = batches(kind, 1000, 6)
    found = {
        "iterations": int(np.asarray(model.optimizer.iterations)),
        "trainable": len(model.trainable_weights),
        "evaluated": _answers(model.evaluate, *coming[0][:2], sample_weight=coming[0][2], verbose=0, return_dict=True),
    }
    steps = []
    for x, y, weights in coming:
        model.reset_metrics()
        steps.append(_answers(model.train_on_batch, x, y, sample_weight=weights, return_dict=True))
    outputs = model.predict_on_batch(coming[0][0])
    listed = outputs if isinstance(outputs, list) else [outputs]
    return {**found, "steps": steps, "outputs": [np.asarray(one, "float64").tolist() for one in listed]}


def _answers(call: Callable[..., Mapping[str, Any]], *arguments: Any, **settings: Any) -> dict[str, Any]:
    return {name: np.asarray(value, "float64").tolist() for name, value in call(*arguments, **settings).items()}


def opened(path: Path, kind: str | None, own: Mapping[str, Any]) -> dict[str, Any]:
    """How the result goes on that stock Keras 3 opens, and `fit` afterwards with the callbacks that people use.

    Without a kind of batches only whether it is compiled.
    """
    import keras

    keras.backend.clear_session()
    with keras.saving.custom_object_scope(own):
        model = keras.saving.load_model(path)
        if kind is None or not model.compiled:
            return {"compiled": model.compiled}
        return {"compiled": True, **next_steps(model, kind), "fitted": _fitted(keras, model, kind, path)}


def _fitted(keras: Any, model: Any, kind: str, path: Path) -> dict[str, Any]:
    """Two epochs: how many are told, and the iterations of what a checkpoint kept."""
    model.run_eagerly = False
    model.make_train_function(force=True)
    x, y, weights = batches(kind, 2000, 1)[0]
    kept = path.with_name(f"{path.stem}-kept.keras")
    called = [keras.callbacks.ModelCheckpoint(kept), keras.callbacks.EarlyStopping("loss", patience=9)]
    if not isinstance(model.optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
        called.append(keras.callbacks.ReduceLROnPlateau("loss", patience=1))
    history = model.fit(x, y, sample_weight=weights, epochs=2, batch_size=8, verbose=0, callbacks=called).history
    iterations = int(np.asarray(keras.saving.load_model(kept).optimizer.iterations))
    kept.unlink()
    return {"epochs": len(history["loss"]), "iterations": iterations}


def main(asked: Path, folder: Path, custom: Path) -> None:
    """Print how each result in a folder goes on, by name; `asked` has the kind of its batches, if any."""
    sys.path.insert(0, str(custom.parent))
    own = vars(__import__(custom.stem))
    names = json.loads(asked.read_text())
    print(json.dumps({name: opened(folder / f"{name}.keras", kind, own) for name, kind in names.items()}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
