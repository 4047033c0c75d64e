"""Lambda layers, which Keras 3 does not open in safe mode: the body is interpreted with Keras 3's operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bytecode.interpreter.trace import Operation
from bytecode.interpreter.values import Shape
from bytecode.refusals import Refused
from importer.build import operator_calls
from importer.build.operation_names import settle
from importer.decompositions.calls import lambda_masks
from importer.decompositions.calls.ragged_to_dense import made_dense
from importer.decompositions.layer_for_body import layer_for
from importer.decompositions.layers import Blueprint, Composition
from translation import operators
from translation.lambdas.bodies import at_inference, interpret, interpret_mask
from translation.operators import constants, sizes
from translation.operators.random.noise_source import DRAWN, NoiseSource
from translation.operators.symbolic import is_symbolic


class KerasBackend:
    """The functions of TensorFlow by their public names, on symbolic tensors; it keeps what was called."""

    def __init__(self, source: NoiseSource) -> None:
        self.operations: list[Operation] = []
        self.source = source

    def is_tensor(self, value: Any) -> bool:
        return is_symbolic(value) or (not isinstance(value, (list, tuple)) and sizes.is_dynamic(value))

    def call(self, symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        known = next((name for name in (symbol, f"compat.v1.{symbol}") if name in operators.table()), None)
        if known is None:
            raise Refused(f"tf.{symbol} has no counterpart yet", symbol)
        try:
            result = operator_calls.call(known, args, kwargs, self.source)
        except TypeError as error:
            raise Refused(f"tf.{symbol}: {error}", symbol) from error
        self.operations.append(Operation(symbol, args, kwargs, result))
        return result

    def attribute(self, tensor: Any, name: str) -> Any:
        if name == "shape":
            return Shape(getattr(tensor, "shape", ()))
        if name == "dtype":
            return str(tensor.dtype)
        raise Refused(f"the attribute {name} of a tensor", name)

    def method(self, tensor: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if name != "to_tensor" or not getattr(tensor, "ragged", False):
            raise Refused(f"the method {name} of a tensor", name)
        try:
            return made_dense(tensor, *args, **kwargs)
        except (TypeError, ValueError) as error:
            raise Refused(f"the method {name} of a ragged tensor: {error}", name) from error


def compose(blueprint: Blueprint) -> Composition:
    """A functional model of the body, under the layer's own name."""
    import keras

    body = blueprint.config["function"]
    inputs = keras.tree.map_structure(lambda tensor: input_like(tensor, blueprint.compute_dtype), blueprint.inputs)
    masks = lambda_masks.inputs_for(blueprint.inputs)
    phase_arguments = at_inference(body, masks)
    first = keras.tree.flatten(inputs)[0]
    source = NoiseSource("", first)
    backend = KerasBackend(source)
    options = {**(blueprint.config.get("arguments") or {}), **phase_arguments}
    outputs = _in_graph(operator_calls.as_tensors(interpret(body, inputs, options, backend)), first)
    handed_on = _mask(blueprint, inputs, masks, backend)
    layer = layer_for(blueprint, inputs, backend.operations, outputs) if handed_on is None else None
    if layer is not None:
        return Composition(layer, note=f"its body is what {type(layer).__name__} of Keras 3 does")
    takes = masks is not None and ("mask" in phase_arguments or handed_on is not None)
    ends = lambda_masks.Ends(inputs, outputs, masks if takes else None, handed_on)
    model = keras.Model(ends.taken(), ends.given(), name=blueprint.name)
    settle(model.outputs, model.layers)
    phase = ", as it is at inference" if "training" in phase_arguments else ""
    draws = DRAWN if source.models else None
    return Composition(model, note=f"its body is written out with keras.ops{phase}", draws=draws)


def _in_graph(outputs: Any, near: Any) -> Any:
    """The outputs of a body, with constants, such as a range over an axis of known size, as tensors of the graph."""
    import keras

    def placed(value: Any) -> Any:
        return value if is_symbolic(value) else constants.placed(value, near)

    return keras.tree.map_structure(placed, outputs)


def _mask(blueprint: Blueprint, inputs: Any, masks: Any, backend: KerasBackend) -> Any:
    """The masks that its `mask` function returns for its outputs; None without such a function or mask."""
    body = blueprint.config.get("mask")
    masks_of_outputs = None if body is None else interpret_mask(body, inputs, masks, backend)
    return None if masks_of_outputs is None else operator_calls.as_tensors(masks_of_outputs)


def input_like(tensor: Any, compute_dtype: str) -> Any:
    """An input for tensors like this one; floating ones have the dtype in which the layer computes."""
    import keras

    dtype = compute_dtype if "float" in str(tensor.dtype) and "float" in compute_dtype else tensor.dtype
    ragged = {"ragged": True} if getattr(tensor, "ragged", False) else {}  # which older Keras 3 do not know
    return keras.Input(batch_shape=tensor.shape, dtype=dtype, **ragged)
