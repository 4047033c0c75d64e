"""Run a Keras 2 model on probes."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from exporter.probes.probes import Case
from interchange.error_text import cause
from interchange.errors import Exit, Failure
from interchange.values import Ragged, Sparse, Value, array_of, facts_of
from interchange.workers import grappler

CANNOT_RUN = "Keras 2.15 cannot run this model: "
"""The beginning of the message, before the reason."""

# The number of time steps from which a recurrent model is traced; there are about five calls.
_LONG = 8


def outputs(model: Any, case: Case) -> list[Value]:
    """The flattened outputs of one call at inference; stateful layers start from their initial state.

    Raises `Failure(UNREADABLE)` if the old model cannot be run on these inputs.
    """
    try:
        return _outputs(model, case)
    except Failure:
        raise
    except Exception as error:
        raise Failure(Exit.UNREADABLE, f"{model.name}: {CANNOT_RUN}{cause(error)}") from error


def _outputs(model: Any, case: Case) -> list[Value]:
    import tensorflow as tf

    reset(model)
    given = packed(model, case.inputs)
    call = functools.partial(model, training=False)
    if loops_long(model, case.inputs):
        call = _traced(model, tuple(map(_spec, model.inputs, map(_tensor, case.inputs))))
    return [_value(tensor) for tensor in tf.nest.flatten(call(given))]


def packed(model: Any, inputs: Sequence[Value]) -> Any:
    """The inputs as tensors, in the structure that a model takes."""
    import tensorflow as tf

    tensors = [_tensor(value) for value in inputs]
    structure = getattr(model, "_nested_inputs", None)
    return tf.nest.pack_sequence_as(structure, tensors) if structure is not None else tensors[0]


def _tensor(value: Value) -> Any:
    import tensorflow as tf

    tensor = tf.constant(array_of(value))
    if isinstance(value, Ragged):
        return tf.RaggedTensor.from_nested_row_lengths(tensor, value.lengths)
    return tf.sparse.from_dense(tensor) if isinstance(value, Sparse) else tensor


def _value(tensor: Any) -> Value:
    import tensorflow as tf

    if isinstance(tensor, tf.RaggedTensor):
        lengths = tuple(tuple(row.numpy().tolist()) for row in tensor.nested_row_lengths())
        return Ragged(np.asarray(tensor.flat_values), lengths)
    if isinstance(tensor, tf.SparseTensor):
        return Sparse(np.asarray(tf.sparse.to_dense(tf.sparse.reorder(tensor))))
    return np.asarray(tensor)


def loops_long(model: Any, inputs: Sequence[Value]) -> bool:
    """True where running step by step in Python costs more than tracing a graph once."""
    recurrent = any(hasattr(layer, "return_sequences") for layer in model._flatten_layers())
    return (
        recurrent
        and grappler.takes_name(model.name)
        and any(array.ndim > 1 and array.shape[1] > _LONG for array in map(array_of, inputs))
    )


def _spec(symbolic: Any, tensor: Any) -> Any:
    """The spec of an input for tracing, with any batch size if the model allows it, so that it is traced once."""
    import tensorflow as tf

    free = isinstance(tensor, tf.Tensor) and symbolic.shape[0] is None
    return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) if free else tf.type_spec_from_value(tensor)


@functools.lru_cache(maxsize=1)
def _traced(model: Any, specs: tuple[Any, ...]) -> Any:
    import tensorflow as tf

    structure = getattr(model, "_nested_inputs", None)
    packed = tf.nest.pack_sequence_as(structure, specs) if structure is not None else specs[0]
    return tf.function(lambda inputs: model(inputs, training=False), input_signature=[packed])


def release() -> None:
    """Free the model that was traced last."""
    _traced.cache_clear()


def forget_models() -> None:
    """Forget earlier models, so that the names of the next one are what they always are."""
    import keras

    release()
    keras.backend.clear_session()
    gc.collect()  # a model is in cycles, and would wait in memory for the next ones


def reset(model: Any) -> None:
    """Reset the states of stateful layers; `reset_states` of Keras 2.15 fails for stacked cells.

    A cell caches its dropout masks, which at inference do nothing, for the size of the first batch.
    """
    import tensorflow as tf

    for layer in model._flatten_layers():
        if hasattr(layer, "reset_recurrent_dropout_mask"):
            layer.reset_dropout_mask()
            layer.reset_recurrent_dropout_mask()
        if getattr(layer, "stateful", False):
            for state in tf.nest.flatten(getattr(layer, "states", ())):
                if state is not None:
                    state.assign(tf.zeros_like(state))


def rows(cases: Sequence[Case], results: Sequence[Sequence[Value]], names: Sequence[str]) -> Iterator[Any]:
    """Probes and outputs as (facts, array) for the bundle."""
    for case, values in zip(cases, results):
        for index, value in enumerate(case.inputs):
            yield {"case": case.name, "role": "input", "index": index, **facts_of(value)}, array_of(value)
        for index, value in enumerate(values):
            name = names[index] if index < len(names) else str(index)
            facts = {"case": case.name, "role": "output", "index": index, "name": name, **facts_of(value)}
            yield facts, array_of(value)
