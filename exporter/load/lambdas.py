"""Lambda layers in Keras 2: the body in the file is interpreted with TensorFlow's functions, and never run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bytecode.interpreter.values import Shape
from bytecode.refusals import Refused
from exporter.load.constants import fitted
from interchange.errors import Failure, Problem, refused
from translation.keras2_to_runnable import Normalised
from translation.lambdas.bodies import (
    at_inference,
    interpret,
    interpret_mask,
    interpret_traced,
    is_body,
    unblock,
    with_names,
)
from translation.tf_allowlist import allows_symbol

_TEXT = "interpreted with the functions of TensorFlow; its bytecode was not run"


@dataclass(frozen=True)
class Recovered:
    """One Lambda layer as the report has it: the operations that its body computed, and which Python wrote it.

    `second` is a key of reports of version 1, and null.
    """

    layer: str
    body: str
    python: str
    second: None = None
    text: str = _TEXT


_RECORDED: ContextVar[dict[int, Recovered] | None] = ContextVar("recorded", default=None)


@contextlib.contextmanager
def recording() -> Iterator[Mapping[int, Recovered]]:
    """For the length of a `with` block, the first call of each Lambda is recorded, by the id of the layer."""
    recorded: dict[int, Recovered] = {}
    token = _RECORDED.set(recorded)
    try:
        yield recorded
    finally:
        _RECORDED.reset(token)


class TensorFlowBackend:
    """The functions of TensorFlow and Keras 2 by their public names, if they only compute with tensors."""

    def is_tensor(self, value: Any) -> bool:
        import tensorflow as tf

        return bool(tf.is_tensor(value))

    def call(self, symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        from tensorflow.python.util import tf_export

        names = [name for name in (symbol, f"compat.v1.{symbol}") if allows_symbol(name)]
        function = next(filter(None, map(tf_export.get_symbol_from_name, names)), None)
        if function is None:
            raise Refused(f"tf.{symbol} is not a function of tensors only", symbol)
        try:
            return function(*fitted(symbol, args, kwargs), **kwargs)
        except (TypeError, ValueError) as error:
            raise Refused(f"tf.{symbol}: {error}", symbol) from error

    def attribute(self, tensor: Any, name: str) -> Any:
        if name == "shape":
            return Shape(tensor.shape.as_list())
        if name == "dtype":
            return tensor.dtype.name
        raise Refused(f"the attribute {name} of a tensor", name)

    def method(self, tensor: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        import tensorflow as tf
        from keras.src.engine.keras_tensor import RaggedKerasTensor

        if name != "to_tensor" or not isinstance(tensor, (tf.RaggedTensor, RaggedKerasTensor)):
            raise Refused(f"the method {name} of a tensor", name)
        try:
            return tensor.to_tensor(*args, **kwargs)
        except (TypeError, ValueError) as error:
            raise Refused(f"the method {name} of a ragged tensor: {error}", name) from error


def layer_class(defined: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """The class that replaces Lambda in Keras 2, under the same name and with the body in its config.

    `defined` are the names of the user's file that the body may use.
    """
    import keras
    import tensorflow as tf

    class Lambda(keras.layers.Layer):
        """Interprets a recovered body."""

        def __init__(
            self, function: Mapping[str, Any], arguments: Any = None, mask: Any = None, **options: Any
        ) -> None:
            super().__init__(**options)
            if not is_body(function):
                raise _refusal(self.name, "its body is not in the file, or is bytecode of an unsupported Python")
            self.body, self.arguments = with_names(function, defined), dict(arguments or {})
            self.mask_body = None if mask is None else with_names(mask, defined)
            self.supports_masking = True  # as in Lambda, whose `compute_mask` decides

        # AutoGraph would rewrite the interpreter.
        @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
        def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:  # noqa: ARG002
            options = {**self.arguments, **at_inference(self.body, mask)}
            recorded = _RECORDED.get()
            with self._refusing("body"):
                if recorded is None or id(self) in recorded:
                    return interpret(self.body, inputs, options, TensorFlowBackend())
                result, text = interpret_traced(self.body, inputs, options, TensorFlowBackend())
            recorded[id(self)] = Recovered(self.name, text, str(self.body["code"]["python"]))
            return result

        @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
        def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
            if self.mask_body is None:
                return None
            with self._refusing("mask"):
                return interpret_mask(self.mask_body, inputs, mask, TensorFlowBackend())

        @contextlib.contextmanager
        def _refusing(self, what: str) -> Iterator[None]:
            try:
                yield
            except Refused as refusal:
                text = f"its {what} cannot be translated: {refusal}"
                raise _refusal(self.name, text, refusal.name) from refusal

        def get_config(self) -> dict[str, Any]:
            mask = {} if self.mask_body is None else {"mask": self.mask_body}
            return {**super().get_config(), "function": self.body, "arguments": self.arguments, **mask}

    return Lambda


def names_from(model: Any, file: str) -> Iterator[Normalised]:
    """The names in Lambda bodies that mean what a `file` of the user's defines."""
    for layer in model._flatten_layers():
        body = getattr(layer, "body", None)
        names = sorted(body.get("globals", ())) if isinstance(body, Mapping) else ()
        if names:
            text = f"{', '.join(names)} in its body is what {file} defines"
            yield Normalised(layer.name, "Lambda", text, "recovered")


def _refusal(name: str, text: str, value: str | None = None) -> Failure:
    problem = Problem(name, "Lambda", text, "function", value, unblock(name))
    return unwrapped(refused([problem], str(problem)))


def unwrapped(failure: Failure) -> Failure:
    """The failure, marked so that a Keras call does not wrap it in another error."""
    failure._keras_call_info_injected = True  # type: ignore[attr-defined]
    return failure
