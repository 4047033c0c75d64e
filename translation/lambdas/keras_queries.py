"""Functions of Keras that return no tensors: settings, shapes and dtypes, and the phase, which is inference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bytecode.interpreter.context import Context
from bytecode.interpreter.values import Function
from bytecode.refusals import Refused


def _shape(context: Context, x: Any) -> Any:
    shape = _known(context, x, "shape")
    return shape if context.is_tensor(shape) else tuple(shape)


def _known(context: Context, x: Any, name: str) -> Any:
    if not context.is_tensor(x):
        raise Refused(f"the {name} of {type(x).__name__}", name)
    return context.backend.attribute(x, name)


def _value(context: Context, alternative: Any) -> Any:
    """One of two alternatives, each of them a tensor or a function that returns one."""
    return context.call(alternative, (), {}) if isinstance(alternative, Function) else alternative


ANSWERS: Mapping[str, Callable[..., Any]] = {
    "keras.backend.backend": lambda _: "tensorflow",
    "keras.backend.epsilon": lambda _: 1e-7,
    "keras.backend.floatx": lambda _: "float32",
    "keras.backend.image_data_format": lambda _: "channels_last",
    "keras.backend.image_dim_ordering": lambda _: "tf",
    "keras.backend.int_shape": _shape,
    "keras.backend.ndim": lambda context, x: len(_shape(context, x)),
    "keras.backend.dtype": lambda context, x: str(_known(context, x, "dtype")),
    "keras.backend.is_keras_tensor": lambda context, x: context.is_tensor(x),
    "keras.backend.is_tensor": lambda context, x: context.is_tensor(x),
    "keras.backend.learning_phase": lambda _: 0,
    "keras.backend.in_train_phase": lambda context, x, alt, training=None: _value(context, alt),  # noqa: ARG005
    "keras.backend.in_test_phase": lambda context, x, alt, training=None: _value(context, x),  # noqa: ARG005
    "print": lambda _, *args, **options: None,  # noqa: ARG005  (what is written on the way computes nothing)
    "Print": lambda _, input_, *args, **options: input_,  # noqa: ARG005
    "is_tensor": lambda context, x: context.is_tensor(x),
}
