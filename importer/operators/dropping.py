"""Dropout as a function, which acts whenever the model runs: only where it drops nothing is there anything to say."""

# ruff: noqa: ARG001  (the arguments of TensorFlow)

from __future__ import annotations

from typing import Any

from importer.operators.operator import example, named, tensor


def _dropout(ops: Any, x: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    if rate != 0:
        raise ValueError("drops at random whenever the model runs; the layers of Keras 3 do in training alone")
    return ops.copy(x)


def _old_dropout(
    ops: Any, x: Any, keep_prob: Any = None, noise_shape: Any = None, seed: Any = None, rate: Any = None
) -> Any:
    return _dropout(ops, x, 1 - keep_prob if rate is None else rate)


def _backend_dropout(ops: Any, x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    return _dropout(ops, x, level)


_FLOATS = "float32 float64"
_NONE = example(tensor(3), 0.0), example(tensor(2, 4), 0)
_NONE_BY_NAME = example(tensor(2, 4), rate=0.0)

OPERATORS = (
    named("nn.dropout", "x", _dropout, *_NONE, dtypes=_FLOATS),
    named(
        "compat.v1.nn.dropout",
        "x",
        _old_dropout,
        example(tensor(3), 1.0),
        example(tensor(2, 4), rate=0.0),
        dtypes=_FLOATS,
    ),
    named("keras.backend.dropout", "x", _backend_dropout, *_NONE, dtypes=_FLOATS),
)
