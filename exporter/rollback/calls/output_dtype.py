"""Counts and indicators of words: Keras 3 gives int64, where Keras 2.15 gives floats."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed

_INDICATORS = ("multi_hot", "one_hot", "count")


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives, as int64 unless it weighs words."""
    import tensorflow as tf

    given = proceed(invocation)
    return tf.cast(given, "int64") if invocation.spec.config.get("output_mode") in _INDICATORS else given
