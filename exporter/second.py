"""A second opinion on recovered bodies: NumPy calculates what TensorFlow did, with not a line in common."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bytecode.numpy_world import NumpyWorld, numbers, tensor
from bytecode.refusals import Refused
from exporter import reference
from exporter.lambdas import WATCHED, Watched
from exporter.probes import Case
from interchange.bodies import follow, readable
from interchange.errors import Exit, Failure, Problem

# As far apart as two ways of adding the same numbers may be, relative to the largest; halves have three digits.
_APART = {"float16": 1e-2, "bfloat16": 2e-2}
_USUAL = 1e-4


@dataclass(frozen=True)
class Opinion:
    """One Lambda layer: its body, which Python wrote it, who checked it, and what kept the second one from it."""

    layer: str
    body: str
    python: str
    second: str | None
    text: str


def opinions(model: Any, case: Case) -> list[Opinion]:
    """What NumPy says of every Lambda in a model, on what reaches it with this probe.

    Raises `Failure(DIFFERS)` where it gets something else.
    """
    with _watching() as watched:
        reference.outputs(model, case)
    found = {id(each.layer): _opinion(each) for each in watched}
    return list(found.values())


@contextlib.contextmanager
def _watching() -> Iterator[list[Watched]]:
    seen: list[Watched] = []
    token = WATCHED.set(seen)
    try:
        yield seen
    finally:
        WATCHED.reset(token)


def _opinion(each: Watched) -> Opinion:
    import tensorflow as tf

    body, name = each.layer.body, each.layer.name
    told = name, readable(body), str(body["code"]["python"])
    if any(not isinstance(tensor, tf.Tensor) for tensor in filter(tf.is_tensor, tf.nest.flatten(each.inputs))):
        return Opinion(*told, None, "NumPy has no sparse or ragged tensors")
    inputs, options = tf.nest.map_structure(_of_numpy, (each.inputs, dict(each.options)))
    try:
        world = NumpyWorld(each.draws.again().uniform if each.draws else None)
        result = numbers(follow(body, inputs, options, world))
    except Refused as refusal:
        return Opinion(*told, None, f"NumPy cannot calculate it: {refusal}")
    for a, b in zip(_flat(result), map(np.asarray, tf.nest.flatten(each.result)), strict=True):
        if not _agree(a, b):
            text = "NumPy gets something else from its body than TensorFlow, so one of them is misled"
            raise Failure(Exit.DIFFERS, f"{name}: {text}", "please report it", (Problem(name, "Lambda", text),))
    return Opinion(*told, "numpy", "calculated by NumPy as well")


def _of_numpy(value: Any) -> Any:
    import tensorflow as tf

    return tensor(np.asarray(value)) if tf.is_tensor(value) else value


def _flat(value: Any) -> list[np.ndarray]:
    if isinstance(value, dict):
        return _flat([value[key] for key in sorted(value)])  # as tf.nest has them
    return [leaf for item in value for leaf in _flat(item)] if isinstance(value, list) else [np.asarray(value)]


def _agree(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape:
        return False
    if "O" in (a.dtype.kind, b.dtype.kind):  # words
        return bool(np.array_equal(a, b))
    apart = max(_APART.get(array.dtype.name, _USUAL) for array in (a, b))
    x, y = (array.astype(np.complex128 if array.dtype.kind == "c" else np.float64) for array in (a, b))
    scale = float(np.abs(y[np.isfinite(y)]).max(initial=0.0))
    return bool(np.allclose(x, y, rtol=apart, atol=apart * scale + 1e-6, equal_nan=True))
