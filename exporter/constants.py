"""Constants beside tensors: a file holds their numbers and not their dtype, which was that of the tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from interchange.bytecode.operators import SIGNS

# Functions all of whose tensors are of one dtype, by which they read what stands behind a tensor, but not before it.
_ONE_DTYPE = SIGNS | {
    "concat", "math.add_n", "math.atan2", "math.maximum", "math.minimum", "math.squared_difference", "stack",
    "tensordot",
}  # fmt: skip
_OF_TABLES = frozenset({"nn.embedding_lookup", "compat.v1.nn.embedding_lookup"})


def fitted(symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sequence[Any]:
    """The positional arguments of a call, in which a constant in the first has the dtype of the call's tensors."""
    near = next(_tensors([args, kwargs]), None)
    if symbol not in _ONE_DTYPE | _OF_TABLES or near is None or not args:
        return args
    first = args[0]
    if symbol in _OF_TABLES:
        return [_table(first), *args[1:]]
    if isinstance(first, (list, tuple)) and any(True for _ in _tensors(first)):
        return [[_of_dtype(item, near.dtype) for item in first], *args[1:]]
    return [_of_dtype(first, near.dtype), *args[1:]]


def _table(params: Any) -> Any:
    """The rows of a table, which Keras 2.15 would take for parts of one."""
    import numpy as np
    import tensorflow as tf

    is_table = isinstance(params, list) and not any(True for _ in _tensors(params)) and np.ndim(params) <= 2
    return tf.convert_to_tensor(params) if is_table else params


def _of_dtype(value: Any, dtype: Any) -> Any:
    import tensorflow as tf

    return value if any(True for _ in _tensors(value)) else tf.convert_to_tensor(value, dtype)


def _tensors(structure: Any) -> Iterator[Any]:
    import tensorflow as tf

    return filter(tf.is_tensor, tf.nest.flatten(structure))


def operator_class() -> Any:
    """The layer for a function of TensorFlow, which reads constants as the model that was saved held them."""
    from keras.src.layers.core import tf_op_layer

    class TFOpLambda(tf_op_layer.TFOpLambda):
        """Keras 2.15's own, which would have made float32 or int32 of a constant by then."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return super().__call__(*fitted(self.symbol, args, kwargs), **_named(kwargs))

    return TFOpLambda


def _named(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments, in which a dtype that a file spells as text is one again: `tf.size` takes no text."""
    import tensorflow as tf

    return {key: tf.as_dtype(value) if key == "out_type" else value for key, value in options.items()}
