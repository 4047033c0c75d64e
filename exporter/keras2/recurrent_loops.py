"""Build recurrent layers from one step: Keras 2.15 traces the whole loop only to learn a shape and a dtype.

When a layer computes, eagerly or in a function, its loop is Keras's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SCRATCH = "_scratch_graph"  # the graph in which Keras infers shapes, and which it throws away


def trace_one_step() -> None:
    """Make loops of this process return only shapes where Keras infers shapes."""
    from keras.src import backend

    backend.rnn = _of_one_step(backend.rnn)


def _of_one_step(loop: Callable[..., Any]) -> Callable[..., Any]:
    def rnn(*args: Any, **options: Any) -> Any:
        is_plain = len(args) == 3 and not options.get("unroll")  # as all layers of Keras call it
        return _shapes(*args, **options) if is_plain and _in_scratch() else loop(*args, **options)

    return rnn


def _in_scratch() -> bool:
    import tensorflow as tf

    return not tf.executing_eagerly() and str(tf.compat.v1.get_default_graph().name).endswith(_SCRATCH)


def _shapes(step: Callable[..., Any], inputs: Any, initial: Any, **options: Any) -> Any:
    """What `keras.backend.rnn` gives, (last output, outputs, states), of the right shapes and dtypes without values."""
    import tensorflow as tf

    time_major = options.get("time_major", False)
    batch, steps = tf.nest.flatten(inputs)[0].shape[:2][:: -1 if time_major else 1]
    first = tf.nest.map_structure(lambda tensor: tensor[0] if time_major else tensor[:, 0], inputs)
    output, states = step(first, (*initial, *(options.get("constants") or ())))
    for before, after in zip(tf.nest.flatten(initial), tf.nest.flatten(states)):
        after.set_shape(before.shape)
    length = steps if options.get("return_all_outputs", True) else 1

    def all_of(tensor: Any) -> Any:
        leading = (length, batch) if time_major else (batch, length)
        return tf.compat.v1.placeholder(tensor.dtype, (*leading, *tensor.shape[1:]))

    return output, tf.nest.map_structure(all_of, output), states
