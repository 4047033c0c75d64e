"""Targets that the losses of a model accept, drawn for outputs that are known."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Draw = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]
"""The targets for an output, whose classes lie along an axis."""


def _numbers(output: np.ndarray, _: int, random: np.random.Generator) -> np.ndarray:
    """Floats of both signs, none near zero, by which a relative error is divided."""
    return random.uniform(0.5, 1.5, output.shape) * random.choice([-1.0, 1.0], output.shape)


def _positive(output: np.ndarray, _: int, random: np.random.Generator) -> np.ndarray:
    return random.uniform(0.1, 1.5, output.shape)


def _bits(output: np.ndarray, _: int, random: np.random.Generator) -> np.ndarray:
    return random.integers(0, 2, output.shape).astype("float64")


def _signs(output: np.ndarray, _: int, random: np.random.Generator) -> np.ndarray:
    return random.choice([-1.0, 1.0], output.shape)


def _shares(output: np.ndarray, axis: int, random: np.random.Generator) -> np.ndarray:
    """Probabilities that add up to one along the axis."""
    drawn = random.uniform(0.1, 1.0, output.shape)
    return drawn / drawn.sum(axis, keepdims=True)


def _ids(output: np.ndarray, axis: int, random: np.random.Generator) -> np.ndarray:
    """The number of a class instead of the axis."""
    shape = [size for index, size in enumerate(output.shape) if index != axis % output.ndim]
    return random.integers(0, output.shape[axis], shape).astype("int64")


def _one_hot(output: np.ndarray, axis: int, random: np.random.Generator) -> np.ndarray:
    ids = np.expand_dims(_ids(output, axis, random), axis)
    made = np.zeros(output.shape)
    np.put_along_axis(made, ids, 1.0, axis)
    return made


_DRAWN: Mapping[str, Draw] = {
    **dict.fromkeys(("meansquarederror", "meanabsoluteerror", "meanabsolutepercentageerror"), _numbers),
    **dict.fromkeys(("huber", "logcosh", "cosinesimilarity"), _numbers),
    **dict.fromkeys(("poisson", "meansquaredlogarithmicerror"), _positive),
    **dict.fromkeys(("binarycrossentropy", "binaryfocalcrossentropy"), _bits),
    **dict.fromkeys(("hinge", "squaredhinge"), _signs),
    **dict.fromkeys(("categoricalcrossentropy", "categoricalfocalcrossentropy", "categoricalhinge"), _one_hot),
    **dict.fromkeys(("kldivergence", "kullbackleiblerdivergence"), _shares),
    "sparsecategoricalcrossentropy": _ids,
}

# What is tried for other losses, in order.
_TRIED: Sequence[Draw] = (_bits, _one_hot, _ids, _numbers)


def target(loss: Any, output: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A target for an output of this value, an array whose first axis counts samples; without a loss zeros and ones.

    Ids are int64, anything else has the dtype of the output. For a loss of the user's it is the first kind with which
    the loss is finite.
    """
    draw = next((_DRAWN[name] for name in names(loss) if name in _DRAWN), None if loss else _bits)
    if draw is None:
        draw = next((each for each in _TRIED if _is_finite(loss, output, each)), _bits)
    made = draw(output, _axis(loss, output.ndim), random)
    is_float = output.dtype.kind == "f" and made.dtype.kind == "f"
    return made.astype(output.dtype if is_float else made.dtype if made.dtype.kind == "i" else "float32")


def names(loss: Any) -> Iterator[str]:
    """What a loss may be known as: its class, those it is derived from, and the function that it wraps."""
    written = [base.__name__ for base in type(loss).__mro__]
    written += [getattr(getattr(loss, "fn", None), "__name__", "")]
    return (name.lower().replace("_", "") for name in written)


def _axis(loss: Any, axes: int) -> int:
    """The axis of the classes among so many; the last one for a loss that names none of them, and then fails itself."""
    axis = getattr(loss, "_fn_kwargs", {}).get("axis", -1)
    return axis if isinstance(axis, int) and -axes <= axis < axes else -1


def _is_finite(loss: Any, output: np.ndarray, draw: Draw) -> bool:
    """Whether a loss is finite for such targets; what it raises for others is its own."""
    import tensorflow as tf

    made = draw(output, -1, np.random.default_rng(0)).astype("int64" if draw is _ids else output.dtype)
    with contextlib.suppress(Exception):
        return bool(np.isfinite(np.asarray(loss(tf.constant(made), tf.constant(output)), "float64")).all())
    return False
