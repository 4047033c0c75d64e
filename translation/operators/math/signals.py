"""Signals split into overlapping frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators.operator import defined_in, example, named, tensor


def _frame(  # noqa: PLR0913, PLR0917  (TensorFlow's own arguments)
    ops: Any, signal: Any, frame_length: Any, frame_step: Any, pad_end: bool = False, pad_value: Any = 0,
    axis: int = -1,
) -> Any:  # fmt: skip
    """Frames of a length, each a step after the one before; the incomplete end is dropped or padded."""
    size, step, rank = int(frame_length), int(frame_step), len(signal.shape)
    axis %= rank
    length = signal.shape[axis]
    if length is None:
        raise ValueError("the length of the signal must be known before the model runs")
    count = -(-length // step) if pad_end else max(0, 1 + (length - size) // step)
    if not count:
        raise ValueError(f"the signal of length {length} is shorter than a frame of length {size}")
    lacking = max(0, (count - 1) * step + size - length) if pad_end else 0
    if lacking:
        pads = [(0, lacking if number == axis else 0) for number in range(rank)]
        signal = ops.pad(signal, pads, constant_values=pad_value)
    places = np.arange(count)[:, None] * step + np.arange(size)
    return ops.take(signal, places.astype("int32"), axis=axis)


SOURCES = defined_in("ops/signal/shape_ops")
OPERATORS = (
    named(
        "signal.frame",
        "signal",
        _frame,
        example(tensor(9), 4, 2),
        example(tensor(2, 7), frame_length=3, frame_step=2, pad_end=True, pad_value=2),
        example(tensor(8, 3), 3, 5, axis=1),
        dtypes="float32 int32",
    ),
)
