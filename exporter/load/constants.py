"""Constants in calls: a file has their numbers without a dtype, which was that of the tensors beside them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bytecode.interpreter.operators import SIGN_OF
from interchange.user_files.replacements import Replacement, old_name

# Functions whose tensors all have one dtype. TensorFlow converts a constant after a tensor to it, but not one before.
_ONE_DTYPE = SIGN_OF.keys() | {
    "concat", "math.add_n", "math.atan2", "math.maximum", "math.minimum", "math.squared_difference", "stack",
    "tensordot",
}  # fmt: skip
_MOST_INPUTS = 1 << 16
_OF_TABLES = frozenset({"nn.embedding_lookup", "compat.v1.nn.embedding_lookup"})


def fitted(symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sequence[Any]:
    """The positional arguments of a call, with constants in the first converted to the dtype of the call's tensors."""
    tensor = next(_tensors([args, kwargs]), None)
    if symbol not in _ONE_DTYPE | _OF_TABLES or tensor is None or not args:
        return args
    first = args[0]
    if symbol in _OF_TABLES:
        return [_table(first), *args[1:]]
    if isinstance(first, (list, tuple)) and any(True for _ in _tensors(first)):
        return [[_of_dtype(item, tensor.dtype) for item in first], *args[1:]]
    return [_of_dtype(first, tensor.dtype), *args[1:]]


def _table(params: Any) -> Any:
    """A table of embeddings as one tensor, whose rows Keras 2.15 would take for parts."""
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
    """The class for a function of TensorFlow, which converts constants to the dtypes of the saved model."""
    from keras.src.layers.core import tf_op_layer

    class TFOpLambda(tf_op_layer.TFOpLambda):
        """Keras 2.15's class, which itself would convert constants to float32 or int32.

        If the layer is replaced and cannot be called, it calls the old function of the user's file.
        """

        __module__ = tf_op_layer.TFOpLambda.__module__  # which a config names
        replacement: Replacement | None = None
        truth: str | None = None

        @property
        def stored(self) -> str:
            """The name of the old function."""
            return old_name(self.symbol)

        @classmethod
        def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> Any:
            own = {key: value for key, value in config.items() if key != "replacement"}
            layer = super().from_config(own, custom_objects)
            if "replacement" in config:
                layer.replacement = Replacement.from_json(config["replacement"])
            return layer

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().__call__(*fitted(self.symbol, args, kwargs), **_named(kwargs))
            except (TypeError, ValueError):
                old = None if self.truth else _function_of(self.replacement, self.stored)
                if old is None:
                    raise
                self.function, self.truth = old, "given"
                return super().__call__(*args, **kwargs)

    return TFOpLambda


def _function_of(replacement: Replacement | None, name: str) -> Any:
    """The old function in the file of a replacement, if there is one."""
    return replacement.run_file("TFOpLambda").get(name) if replacement else None


def raw_class() -> Any:
    """The class for an operator of TensorFlow 2.0 to 2.3, which gives constants the dtypes that the operator has."""
    from keras.src.engine import base_layer

    class TensorFlowOpLayer(base_layer.TensorFlowOpLayer):
        """Keras 2.15's class, which itself would convert constants to float32 or int32."""

        __module__ = base_layer.TensorFlowOpLayer.__module__  # which a config names
        constants: dict[int, Any]

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            most = max(self.constants, default=-1) + 1
            dtypes = dict(enumerate(itertools.islice(_dtypes(self.node_def), min(most, _MOST_INPUTS))))
            self.constants = {place: _typed(value, dtypes.get(place)) for place, value in self.constants.items()}

        def get_config(self) -> dict[str, Any]:
            return {
                **super().get_config(),
                "constants": {place: _as_json(value) for place, value in self.constants.items()},
            }

    return TensorFlowOpLayer


def _as_json(value: Any) -> Any:
    """A constant as JSON holds it."""
    return value.tolist() if hasattr(value, "tolist") else value


def _dtypes(node: Any) -> Iterator[Any]:
    """The dtypes of an operator's inputs in order; a file may claim more than there are."""
    from tensorflow.python.framework import op_def_registry

    definition = op_def_registry.get(node.op)
    for argument in definition.input_arg if definition else ():
        if argument.type_list_attr:
            yield from node.attr[argument.type_list_attr].list.type
        else:
            count = node.attr[argument.number_attr].i if argument.number_attr else 1
            yield from itertools.repeat(argument.type or node.attr[argument.type_attr].type, count)


def _typed(value: Any, dtype: Any) -> Any:
    """A constant in its dtype; one that is stored as an object has it already."""
    import numpy as np
    import tensorflow as tf

    if not dtype or isinstance(value, (dict, str, bytes)):
        return value
    return np.asarray(value, tf.as_dtype(dtype).as_numpy_dtype)


def _named(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments with `out_type` as a dtype instead of its name, which `tf.size` does not accept."""
    import tensorflow as tf

    return {key: tf.as_dtype(value) if key == "out_type" else value for key, value in options.items()}
