"""Run a Keras 3 model at inference, as the exporter runs the old one."""

from __future__ import annotations

import functools
import gc
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from interchange.error_text import cause
from interchange.errors import Failure, Problem, refused
from interchange.values import Ragged, Sparse, Value, array_of
from interchange.workers import grappler

# The number of time steps from which a recurrent model is traced; there are one or two calls.
_LONG = 16

# The size of the outputs of all layers together from which a model is traced.
_MUCH = 2**24


_DATA_LAYERS = ("DataLayer", "TFDataLayer")  # what Keras 3.15 and older minors call their base


def outputs(model: Any, inputs: Sequence[Value], *, in_graph: bool = False) -> list[Value]:
    """The flattened outputs of one call at inference; stateful layers start from their initial state.

    With `in_graph` it is traced, as `predict` does, even where that takes longer.
    """
    import keras

    reset(model)
    given = _tensors(model, inputs)
    try:
        in_graph = in_graph or loops_long(model, inputs) or _holds_much(model, inputs) or _casts_in_graphs(model)
        if in_graph and can_trace(model):
            results = _traced(model, tuple(map(_spec, model.inputs, given)))(_packed(model, given))
        else:
            results = model(_packed(model, given), training=False)
    except Failure:
        raise
    except Exception as error:  # whatever a kernel raises: that the model cannot be run is a result
        text = f"Keras 3 cannot run the rebuilt model: {cause(error)}"
        raise refused([Problem("", type(model).__name__, text)], text) from error
    return [value_of(result) for result in keras.tree.flatten(results)]


def packed(model: Any, inputs: Sequence[Value]) -> Any:
    """The inputs as tensors, in the structure that a model takes."""
    return _packed(model, _tensors(model, inputs))


def _tensors(model: Any, inputs: Sequence[Value]) -> list[Any]:
    return [tensor(value, symbolic) for value, symbolic in zip(inputs, model.inputs)]


def _packed(model: Any, tensors: Sequence[Any]) -> Any:
    import keras

    return keras.tree.pack_sequence_as(getattr(model, "_inputs_struct", tensors[0]), list(tensors))


def can_trace(model: Any) -> bool:
    """Whether a model can be traced by TensorFlow."""
    import keras

    return keras.backend.backend() == "tensorflow" and grappler.takes_name(model.name)


def reset(model: Any) -> None:
    """Reset the states of stateful layers; `reset_state` of Keras 3.15 fails for stacked cells."""
    import keras

    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False):
            for state in keras.tree.flatten(getattr(layer, "states", None)):
                if state is not None:
                    state.assign(keras.ops.zeros(state.shape, state.dtype))


def loops_long(model: Any, inputs: Sequence[Value]) -> bool:
    """True where running step by step in Python costs more than tracing a graph once, which only TensorFlow can."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return False
    recurrent = any(hasattr(layer, "return_sequences") for layer in model._flatten_layers())
    return recurrent and any(array.ndim > 1 and array.shape[1] > _LONG for array in map(array_of, inputs))


def _casts_in_graphs(model: Any) -> bool:
    """True where a layer casts its inputs in a graph alone, such as that of `predict`, as Keras's data layers do."""
    layers = model._flatten_layers()
    own = [layer for layer in layers if any(base.__name__ in _DATA_LAYERS for base in type(layer).__mro__)]
    given = ((layer, tensor) for layer in own for node in layer._inbound_nodes for tensor in node.input_tensors)
    return any(tensor.dtype != layer.compute_dtype for layer, tensor in given)


def _holds_much(model: Any, inputs: Sequence[Value]) -> bool:
    """Whether the outputs of all layers are too large to be in memory together, as they are in an eager call."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return False
    numbers = sum(math.prod(size or 1 for size in tensor.shape[1:]) for tensor in made_in(model))
    return numbers * max(math.prod(array_of(value).shape[:1]) for value in inputs) > _MUCH


def made_in(model: Any) -> Iterator[Any]:
    """The symbolic outputs of the layers and operations of a model, also in nested models."""
    operations = (operation for layer in model._flatten_layers() for operation in getattr(layer, "operations", ()))
    yield from (
        tensor for operation in operations for node in operation._inbound_nodes for tensor in node.output_tensors
    )


def _spec(symbolic: Any, given: Any) -> Any:
    """The spec of an input for tracing, with any batch size if the model allows it, so that it is traced once."""
    import tensorflow as tf

    free = isinstance(given, tf.Tensor) and symbolic.shape[0] is None
    return tf.TensorSpec((None, *given.shape[1:]), given.dtype) if free else tf.type_spec_from_value(given)


@functools.lru_cache(maxsize=1)
def _traced(model: Any, specs: tuple[Any, ...]) -> Any:
    import keras
    import tensorflow as tf

    packed = keras.tree.pack_sequence_as(getattr(model, "_inputs_struct", specs[0]), specs)
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


def tensor(value: Value, symbolic: Any) -> Any:
    """The probe in the dtype of the input: the ids of a float input arrive as floats."""
    import keras

    array = array_of(value)
    words = array.dtype.kind in "OSU"
    plain = keras.ops.convert_to_tensor(array.astype(object) if words else array, None if words else symbolic.dtype)
    if not isinstance(value, (Ragged, Sparse)):
        return plain
    import tensorflow as tf

    if isinstance(value, Ragged):
        return tf.RaggedTensor.from_nested_row_lengths(plain, value.lengths)
    return tf.sparse.from_dense(plain)


def value_of(result: Any) -> Value:
    """An output as it came, be it dense, sparse or ragged, which TensorFlow alone has."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return np.asarray(keras.ops.convert_to_numpy(result))
    import tensorflow as tf

    if isinstance(result, tf.RaggedTensor):
        lengths = tuple(tuple(row.numpy().tolist()) for row in result.nested_row_lengths())
        return Ragged(np.asarray(result.flat_values), lengths)
    if isinstance(result, tf.SparseTensor):
        return Sparse(np.asarray(tf.sparse.to_dense(tf.sparse.reorder(result))))
    return np.asarray(result)
