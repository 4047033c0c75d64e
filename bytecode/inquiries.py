"""What a body asks Keras about itself, about tensors and about the phase, which is always inference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bytecode.refusals import Refused
from bytecode.values import Function

if TYPE_CHECKING:
    from bytecode.machine import Machine


def _shape(machine: Machine, x: Any) -> Any:
    shape = _known(machine, x, "shape")
    return shape if machine.is_tensor(shape) else tuple(shape)


def _known(machine: Machine, x: Any, name: str) -> Any:
    if not machine.is_tensor(x):
        raise Refused(f"the {name} of {type(x).__name__}", name)
    return machine.world.attribute(x, name)


def _value(machine: Machine, alternative: Any) -> Any:
    """One of two alternatives, each of them a tensor or a function that gives one."""
    return machine.call(alternative, (), {}) if isinstance(alternative, Function) else alternative


ANSWERS: Mapping[str, Callable[..., Any]] = {
    "keras.backend.backend": lambda _: "tensorflow",
    "keras.backend.epsilon": lambda _: 1e-7,
    "keras.backend.floatx": lambda _: "float32",
    "keras.backend.image_data_format": lambda _: "channels_last",
    "keras.backend.image_dim_ordering": lambda _: "tf",
    "keras.backend.int_shape": _shape,
    "keras.backend.ndim": lambda machine, x: len(_shape(machine, x)),
    "keras.backend.dtype": lambda machine, x: str(_known(machine, x, "dtype")),
    "keras.backend.is_keras_tensor": lambda machine, x: machine.is_tensor(x),
    "keras.backend.is_tensor": lambda machine, x: machine.is_tensor(x),
    "keras.backend.learning_phase": lambda _: 0,
    "keras.backend.in_train_phase": lambda machine, x, alt, training=None: _value(machine, alt),  # noqa: ARG005
    "keras.backend.in_test_phase": lambda machine, x, alt, training=None: _value(machine, x),  # noqa: ARG005
    "print": lambda _, *args, **options: None,  # noqa: ARG005  (what is written on the way computes nothing)
    "Print": lambda _, input_, *args, **options: input_,  # noqa: ARG005
    "is_tensor": lambda machine, x: machine.is_tensor(x),
}
