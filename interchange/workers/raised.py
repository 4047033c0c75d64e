"""Tell what a model raises when it is run or trained from what is wrong with our own code."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from interchange.error_text import cause


class ModelError(Exception):
    """What Keras, TensorFlow, NumPy or the user's code raised in a call of a model; the message says what."""


@contextlib.contextmanager
def by_model() -> Iterator[None]:
    """Within there is nothing but calls of a model, its losses, metrics or optimizer. Raises `ModelError` for theirs.

    They raise whatever a kernel or a function of the user's does, so all of it is a result.
    """
    try:
        yield
    except Exception as error:
        raise ModelError(cause(error)) from error


def number_of(metric: Any) -> np.ndarray:
    """What a metric has come to. Raises `ModelError` for one of the user's own that gives no number or tensor."""
    with by_model():
        value = np.asarray(metric.result())
        if value.dtype.hasobject or value.dtype.kind in "US":
            raise TypeError(f"the metric {metric.name} gives no number")
    return value
