"""Build the Keras 2.15 model that a graph of specs describes, layer by layer and call by call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from exporter.load.custom_objects import NO_CUSTOM_OBJECTS, CustomObjects
from exporter.rollback.calls import Invocation, invoke
from exporter.rollback.construct import Constructor
from exporter.rollback.enclosing import Enclosed, enclose
from exporter.rollback.mask_rules import called
from exporter.rollback.operation_calls import operation_outputs
from interchange.error_text import cause
from interchange.errors import Failure, Problem, refused
from translation.keras2_to_3.graph import call_order, check_there, class_name, filled
from translation.keras2_to_3.spec import Graph, Placed, Spec, TensorRef
from translation.keras3_to_2.operations.entries import WAY_OUT


def build(graph: Graph, own: CustomObjects = NO_CUSTOM_OBJECTS) -> Any:
    """The model of a graph, with fresh weights and not compiled; `own` are the user's classes and functions.

    Raises `Failure` (exit code 4) that names the layer which Keras 2.15 cannot build or call.
    """
    return _Builder(own).model(graph)


class _Builder:
    """Builds layers and calls them."""

    def __init__(self, own: CustomObjects) -> None:
        self._own = own
        self._constructor = Constructor(self.model, own)

    def model(self, graph: Graph) -> Any:
        """The model of a graph."""
        made: dict[str, Any] = {}
        tensors: dict[TensorRef, Any] = {}
        model = self._sequential(graph, made, tensors) if graph.sequential else self._functional(graph, made, tensors)
        if not graph.trainable:
            model.trainable = False
        return model

    def _sequential(self, graph: Graph, made: dict[str, Any], tensors: dict[TensorRef, Any]) -> Any:
        """A Sequential, unless something has been put between its layers."""
        import keras

        if graph.inputs is None:
            return keras.Sequential(
                [self._constructor.make(layer.item, layer.name) for layer in graph.layers], graph.name
            )
        for layer in graph.layers:
            self._place(layer, made, tensors)
        ends = [tensors[TensorRef(layer.name, 0, 0)] for layer in graph.layers]
        if _is_chain(ends, [made[layer.name] for layer in graph.layers]):
            return keras.Sequential(list(made.values()), graph.name)
        return keras.Model(ends[0], ends[-1], name=graph.name)

    def _functional(self, graph: Graph, made: dict[str, Any], tensors: dict[TensorRef, Any]) -> Any:
        import keras

        order = call_order(graph)
        for layer in graph.layers:
            if not layer.calls:
                self._place(layer, made, tensors)
        for layer, index in order:
            self._place(layer, made, tensors, index)
        check_there([graph.inputs, graph.outputs], tensors, graph.path, "Functional")
        inputs, outputs = filled(graph.inputs, tensors), filled(graph.outputs, tensors)
        return keras.Model(inputs, outputs, name=graph.name)

    def _place(self, layer: Placed, made: dict[str, Any], tensors: dict[TensorRef, Any], index: int = 0) -> None:
        """Build the layer at its first call, call it, and record its outputs."""
        if layer.calls:
            outputs = _guarded(layer, lambda: self._call(layer, index, made, tensors), self._own)
        else:
            made[layer.name] = self._constructor.make(layer.item, layer.name)
            outputs = made[layer.name].output
        for number, tensor in enumerate(_flat(outputs)):
            tensors[TensorRef(layer.name, index, number)] = tensor

    def _call(self, layer: Placed, index: int, made: dict[str, Any], tensors: Mapping[TensorRef, Any]) -> Any:
        call = layer.calls[index]
        check_there([call.inputs, dict(call.kwargs)], tensors, layer.path, class_name(layer))
        inputs, kwargs = filled(call.inputs, tensors), filled(dict(call.kwargs), tensors)
        if isinstance(layer.item, Spec) and layer.item.kind == "operators":
            return operation_outputs(layer.item, inputs, kwargs, first=index == 0)
        if layer.name not in made:
            made[layer.name] = self._constructor.make(layer.item, layer.name)
        if isinstance(layer.item, Graph):
            return made[layer.name](inputs, **kwargs)
        return self._through(layer.item, layer, Invocation(made[layer.name], inputs, kwargs, layer.item), made)

    def _through(self, spec: Spec, layer: Placed, invocation: Invocation, made: dict[str, Any]) -> Any:
        """Call a layer through modules of `calls`; what these put behind it is enclosed with it under its name."""
        enclosed = made[layer.name]
        if not isinstance(enclosed, Enclosed):
            outputs = invoke(spec.decompositions, invocation, called)
            if all(_made_by(tensor) is invocation.layer for tensor in _flat(outputs)):
                return outputs
            enclosed = made[layer.name] = enclose(invocation, lambda inner: invoke(spec.decompositions, inner, called))
        return enclosed(invocation)


def _made_by(tensor: Any) -> Any:
    history = getattr(tensor, "_keras_history", None)
    return None if history is None else history.layer


def _is_chain(ends: list[Any], layers: list[Any]) -> bool:
    """Whether each layer gave its tensor from nothing but that of the layer before."""
    if any(_made_by(end) is not layer for end, layer in zip(ends, layers)):
        return False
    before = (layer.inbound_nodes[-1].keras_inputs for layer in layers[1:])
    return all(len(inputs) == 1 and inputs[0] is end for inputs, end in zip(before, ends))


def _flat(outputs: Any) -> list[Any]:
    import tensorflow as tf

    return list(tf.nest.flatten(outputs))


def _guarded(layer: Placed, call: Callable[[], Any], own: CustomObjects) -> Any:
    """Call a layer; an error of Keras 2.15 or of the user's file becomes a refusal that names the layer."""
    try:
        return call()
    except Failure:
        raise
    except Exception as error:  # Keras raises whatever its layers raise, and TensorFlow its own errors
        if own.file is not None and (theirs := own.file.raised(layer.path, class_name(layer), error)):
            raise theirs from error
        text = f"Keras 2.15 cannot call this layer: {cause(error)}"
        problem = Problem(layer.path, class_name(layer), text, unblock=WAY_OUT)
        raise refused([problem], str(problem), WAY_OUT) from error
