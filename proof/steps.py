"""The steps of a gene as layers of Keras 2.15; `keras` is that wherever it appears."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from proof import lambda_bodies
from proof.drawing import Slot
from tests.models import every_key, layer_rules, operators

Step = Mapping[str, Any]


class Builder:
    """Makes the tensors of one model, each from earlier ones; what its inputs take is in `slots`."""

    def __init__(self, keras: Any, batch: int | None) -> None:
        self.keras, self.batch = keras, batch
        self.slots: list[Slot] = []
        self.inputs: list[Any] = []
        self.tensors: list[Any] = []
        self.outputs: list[Any] = []
        self.layers: dict[int, tuple[Any, Sequence[int]]] = {}  # what may be called once more, and the shape it takes

    def model(self, gene: Mapping[str, Any]) -> Any:
        """The model of a gene: what no step has taken is an output."""
        self.run(gene["steps"])
        taken = {place for step in gene["steps"] for place in step.get("of", ())}
        sinks = [tensor for place, tensor in enumerate(self.tensors) if place not in taken]
        outputs = [self.outgoing(tensor) for tensor in [*sinks, *self.outputs]]
        if gene["named"]:
            inputs = dict(zip((f"in{place:02}" for place in range(len(self.inputs))), self.inputs))
            return self.keras.Model(inputs, {f"out{place:02}": each for place, each in enumerate(outputs)})
        return self.keras.Model(self.inputs, outputs)

    def outgoing(self, tensor: Any) -> Any:
        """An output; no input is one, so that every output is some layer's."""
        return self.keras.layers.Activation("linear")(tensor) if any(tensor is one for one in self.inputs) else tensor

    def run(self, steps: Sequence[Step]) -> None:
        """Make the tensor of every step."""
        for place, step in enumerate(steps):
            made = getattr(self, f"_{step['kind']}")(step, place)
            first, *others = self._flat(made)
            self.tensors.append(first)
            self.outputs += others

    def _flat(self, value: Any) -> list[Any]:
        import tensorflow as tf

        return list(tf.nest.flatten(value))

    def _given(self, step: Step, shapes: Sequence[Sequence[int]], dtype: str | None = None) -> list[Any]:
        return [self._brought(self.tensors[place], shape, dtype) for place, shape in zip(step["of"], shapes)]

    def _input(self, step: Step, _: int) -> Any:
        shape, dtype = tuple(step["shape"]), step["dtype"]
        kind = {"flags": "flags", "words": "words", "ids": "ids"}.get(step["holds"], "numbers")
        words = tuple(step.get("words", ()))
        self.slots.append(Slot((self.batch, *shape), dtype, kind, step.get("limit", 3), words))
        name = f"in{len(self.inputs):02}"
        self.inputs.append(self.keras.Input(shape, batch_size=self.batch, dtype=dtype, name=name))
        return self.inputs[-1]

    def _example(self, step: Step, _: int) -> Any:
        layer = layer_rules._class(self.keras, step["class"]).from_config(step["config"])  # noqa: SLF001
        return self._called(layer, self._given(step, step["shapes"], step["dtype"]))

    def _keys(self, step: Step, _: int) -> Any:
        keras, name, keys = self.keras, step["class"], step["keys"]
        layer = every_key.exercised(keras, "layers", name, keys)
        layer = keras.layers.RNN(layer) if name in every_key.CELLS else layer
        if name == "Discretization" and "num_bins" in keys:
            layer.adapt([[-1.0], [0.5], [2.0], [3.0], [7.0]])
        given = self._given(step, step["shapes"], step["dtype"])
        if "zero_output_for_mask" in keys and "Conv" not in name:
            given = [keras.layers.Masking()(tensor) for tensor in given]
        return self._called(layer, given)

    def _called(self, layer: Any, given: Sequence[Any]) -> Any:
        if type(layer).__name__ == "MultiHeadAttention":
            return layer(*given, *(given if len(given) == 1 else ()))
        return layer(list(given) if len(given) > 1 else given[0])

    def _common(self, step: Step, place: int) -> Any:
        keras = self.keras
        layer = getattr(keras.layers, step["class"])(**step["options"])
        if step.get("wrapper") == "Bidirectional":
            layer = keras.layers.Bidirectional(layer, merge_mode=step["merge_mode"])
        elif step.get("wrapper"):
            layer = getattr(keras.layers, step["wrapper"])(layer)
        self.layers[place] = layer, step["shape"]
        if step.get("given") == "ids":
            return layer(self.tensors[step["of"][0]])
        return layer(*self._given(step, [step["shape"]]))

    def _merge(self, step: Step, _: int) -> Any:
        given = self._given(step, [step["shape"]] * len(step["of"]))
        return getattr(self.keras.layers, step["class"])(**step["options"])(given)

    def _operator(self, step: Step, _: int) -> Any:
        from keras.src.layers.core.tf_op_layer import TFOpLambda
        from tensorflow.python.util import tf_export

        left = list(step["of"])
        function = tf_export.get_symbol_from_name(step["name"])
        given = self._arguments([step["arguments"], step["options"]], step["dtype"], left)
        return TFOpLambda(function)(*given[0], **given[1])

    def _arguments(self, value: Any, dtype: str, left: list[int]) -> Any:
        """The arguments of an operator, with the next tensor of `left` for each that stands there."""
        import tensorflow as tf

        if isinstance(value, dict) and value.keys() == {"shape", "dtype", "domain"}:
            wanted = value["dtype"] or dtype
            tensor = self._brought(self.tensors[left.pop(0)], value["shape"], wanted)
            return operators._brought_into(value["domain"], tensor)  # noqa: SLF001
        if isinstance(value, dict) and value.keys() == {"batch"}:
            return tf.shape(self.inputs[0])[0]
        if isinstance(value, dict):
            return {key: self._arguments(item, dtype, left) for key, item in value.items()}
        return [self._arguments(item, dtype, left) for item in value] if isinstance(value, list) else value

    def _lambda(self, step: Step, place: int) -> Any:
        layer = self.keras.layers.Lambda(lambda_bodies.BODIES[step["body"]], name=f"lambda_{place}")
        return layer(*self._given(step, [step["shape"]]))

    def _reuse(self, step: Step, _: int) -> Any:
        if step["step"] not in self.layers:  # it was left out
            return self._brought(self.tensors[step["of"][0]], [4])
        layer, shape = self.layers[step["step"]]
        return layer(*self._given(step, [shape]))

    def _inner(self, step: Step, place: int) -> Any:
        keras = self.keras
        inside = Builder(keras, self.batch if step["how"] != "time_distributed" else None)
        shape = step["steps"][0]["shape"]
        inside.run(step["steps"])
        if step["how"] == "sequential":
            model = keras.Sequential([keras.Input(shape, batch_size=self.batch), *_chain(keras, inside, shape)])
        else:
            model = keras.Model(inside.inputs, inside.outgoing(inside.tensors[-1]))
        if step["how"] == "time_distributed":
            shape, model = [3, *shape], keras.layers.TimeDistributed(model)
        self.layers[place] = model, shape
        return model(*self._given(step, [shape]))

    def _brought(self, tensor: Any, shape: Sequence[int], dtype: str | None = None) -> Any:
        """The tensor in another shape and dtype, through layers with weights where it has to be."""
        import tensorflow as tf

        shape = [size or 4 for size in shape]
        layers, floating = self.keras.layers, dtype is None or tf.as_dtype(dtype).is_floating
        if not floating:
            return tensor
        if tensor.dtype == tf.string:
            tensor = layers.Hashing(7)(tensor)
        tensor = self._numbers(tensor)
        if list(tensor.shape[1:]) != shape:
            tensor = self._reshaped(tensor, shape)
        return tensor if dtype is None or tensor.dtype == dtype else tf.cast(tensor, dtype)

    def _numbers(self, tensor: Any) -> Any:
        """Floating numbers with a sample in each row; what has none gives way to the first input."""
        import tensorflow as tf

        if tensor.shape.rank in (None, 0) or tensor.shape[0] != self.batch:
            tensor = self.inputs[0]
        if tensor.dtype.is_complex:
            tensor = tf.math.real(tensor)
        tensor = tensor if tensor.dtype.is_floating else tf.cast(tensor, "float32")
        open_axes = [axis for axis, size in enumerate(tensor.shape) if axis and size is None]
        return tf.reduce_mean(tensor, axis=open_axes) if open_axes else tensor

    def _reshaped(self, tensor: Any, shape: list[int]) -> Any:
        layers = self.keras.layers
        if tensor.shape.rank == len(shape) + 1 > 2 and list(tensor.shape[1:-1]) == shape[:-1]:
            return layers.Dense(shape[-1])(tensor)  # which hands a mask on
        flat = layers.Flatten()(tensor)
        made = layers.Dense(math.prod(shape))(flat)
        return layers.Reshape(shape)(made) if len(shape) != 1 else made


def _chain(keras: Any, inside: Builder, shape: Sequence[int]) -> list[Any]:
    """What a Sequential is made of: the first layer that takes such an input, or else the whole model."""
    layers = [layer for layer, wanted in inside.layers.values() if list(wanted) == list(shape)]
    return layers[:1] or [keras.Model(inside.inputs, inside.outgoing(inside.tensors[-1]))]
