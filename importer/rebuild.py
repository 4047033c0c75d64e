"""Build the Keras 3 model that a graph of specs describes, layer by layer and call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.graph import call_order
from importer.native import Invocation, activation, invoke
from importer.native.masks import mask_of
from importer.spec import Graph, Placed, Spec, TensorRef
from interchange.errors import Problem, refused

# A wrapped layer or cell sees tensors of fewer axes than the layer around it.
_CELL_OWNERS = frozenset({"SimpleRNN", "LSTM", "GRU", "RNN"})
_PER_STEP = frozenset({"TimeDistributed", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})


@dataclass
class Names:
    """How things were called in Keras 2: `layers` of a model, and `variables` of a layer, by the id of the owner."""

    layers: dict[int, dict[str, Any]] = field(default_factory=dict)
    variables: dict[int, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rebuilt:
    """The new model, and the old names of what is in it."""

    model: Any
    names: Names


def rebuild(graph: Graph) -> Rebuilt:
    """Build the outermost model; a layer Keras 3 will not make or call is refused by name."""
    builder = _Builder()
    return Rebuilt(builder.model(graph, None), builder.names)


class _Builder:
    """Makes layers and calls them, and remembers their old names."""

    def __init__(self) -> None:
        self.names = Names()

    def model(self, graph: Graph, rank: int | None) -> Any:
        """A model; `rank` is that of the tensor it will be called on, for a Sequential without an input."""
        if graph.sequential and not any(_needs_graph(layer.item) for layer in graph.layers):
            return self._sequential(graph, rank)
        return self._functional(graph)

    def _sequential(self, graph: Graph, rank: int | None) -> Any:
        import keras

        made: dict[str, Any] = {}
        tensor = None
        for layer in graph.layers:
            rank = len(tensor.shape) if tensor is not None else rank
            made[layer.name] = item = self._make(layer.item, rank or 2)
            if not layer.calls:
                tensor = item.output
            elif tensor is not None:
                tensor = _guarded(layer, lambda item=item, x=tensor: item(x))
        model = keras.Sequential(list(made.values()), name=graph.name)
        return self._keep(model, graph, made)

    def _functional(self, graph: Graph) -> Any:
        import keras

        made: dict[str, Any] = {}
        tensors: dict[TensorRef, Any] = {}
        for layer in graph.layers:
            if not layer.calls:
                made[layer.name] = item = self._make(layer.item, 0)
                tensors[TensorRef(layer.name, 0, 0)] = item.output
        for layer, index in call_order(graph):
            outputs = _guarded(layer, lambda layer=layer, index=index: self._call(layer, index, made, tensors))
            for number, tensor in enumerate(keras.tree.flatten(outputs)):
                tensors[TensorRef(layer.name, index, number)] = tensor
        inputs, outputs = _filled(graph.inputs, tensors), _filled(graph.outputs, tensors)
        _settle_names(keras.tree.flatten(outputs), {item.name for item in made.values()})
        model = keras.Model(inputs, outputs, name=graph.name)
        return self._keep(model, graph, made)

    def _keep(self, model: Any, graph: Graph, made: dict[str, Any]) -> Any:
        self.names.layers[id(model)] = made
        return model

    def _call(self, layer: Placed, index: int, made: dict[str, Any], tensors: Mapping[TensorRef, Any]) -> Any:
        call = layer.calls[index]
        inputs = _filled(call.inputs, tensors)
        if layer.name not in made:
            made[layer.name] = self._make(layer.item, _rank(inputs))
        kwargs = {key: _filled(value, tensors) for key, value in call.kwargs.items()}
        invocation = Invocation(made[layer.name], inputs, {k: v for k, v in kwargs.items() if v is not None})
        if isinstance(layer.item, Graph):
            return _call_model(invocation)
        rules = [*layer.item.natives, *([layer.item.call_rule] if layer.item.call_rule else [])]
        return invoke(rules, invocation)

    def _make(self, item: Spec | Graph, rank: int) -> Any:
        if isinstance(item, Graph):
            return self.model(item, rank)
        try:
            return self._construct(item, rank)
        except (TypeError, ValueError) as error:
            text = f"Keras 3 does not accept this configuration: {_first_line(error)}"
            raise refused(
                [Problem(item.path, item.class_name, text)], f"{item.path} ({item.class_name}): {text}"
            ) from error

    def _construct(self, spec: Spec, rank: int) -> Any:
        """`keras.<kind>.<class_name>(**config)`, what is nested in the config first."""
        import keras

        inner = _inner_rank(spec.class_name, rank)
        config = {key: self._value(value, inner, spec) for key, value in spec.config.items()}
        made = getattr(getattr(keras, spec.kind), spec.class_name)
        if spec.kind != "layers":
            return made(**config)
        if spec.class_name == "InputLayer":
            return made(name=spec.name, dtype=spec.dtype, **config)
        layer = made(name=spec.name, dtype=spec.dtype, **config)
        self.names.variables[id(layer)] = {new: old for old, new in spec.variables.items()}
        if not spec.trainable:
            layer.trainable = False
        return layer

    def _value(self, value: Any, rank: int, owner: Spec) -> Any:
        if isinstance(value, Spec) and value.kind == "activations":
            import keras

            dtype = keras.DTypePolicy(owner.dtype or keras.config.floatx()).compute_dtype
            return activation(str(value.call_rule), rank, dtype)
        if isinstance(value, (Spec, Graph)):
            return self._make(value, rank)
        if isinstance(value, list) and any(isinstance(item, (Spec, Graph)) for item in value):
            return [self._value(item, rank, owner) for item in value]
        return value


def _needs_graph(item: Spec | Graph) -> bool:
    """True for a layer whose call is rearranged by a graph rule, which a Sequential has no room for."""
    return isinstance(item, Spec) and bool(item.natives)


def _inner_rank(class_name: str, rank: int) -> int:
    if class_name in _CELL_OWNERS:
        return 2
    return rank - 1 if class_name in _PER_STEP else rank


def _rank(inputs: Any) -> int:
    import keras

    first = keras.tree.flatten(inputs)[0]
    return len(getattr(first, "shape", ()))


def _call_model(invocation: Invocation) -> Any:
    """Call a nested model, and let the symbolic outputs carry the masks that will flow out of it at run time."""
    import keras

    inner = invocation.layer
    outputs = inner(invocation.inputs, **invocation.kwargs)
    for own, outer in zip(keras.tree.flatten(inner.outputs), keras.tree.flatten(outputs)):
        if mask_of(own) is not None and mask_of(outer) is None:
            twin = keras.Model(inner.inputs, mask_of(own), name=f"{inner.name}_mask")
            outer._keras_mask = twin(invocation.inputs)
    return outputs


def _filled(structure: Any, tensors: Mapping[TensorRef, Any]) -> Any:
    if isinstance(structure, TensorRef):
        return tensors[structure]
    if isinstance(structure, Mapping):
        return {key: _filled(value, tensors) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [_filled(value, tensors) for value in structure]
    return structure


def _settle_names(outputs: Iterable[Any], taken: set[str]) -> None:
    """Operations that stand beside the layers get names no layer has, the same in every run."""
    import keras

    for operation in _operations(outputs):
        if isinstance(operation, keras.layers.Layer):
            continue
        base = type(operation).__name__.lower()
        number = 0
        while f"{base}_{number}" in taken:
            number += 1
        operation.name = f"{base}_{number}"
        taken.add(operation.name)


def _operations(outputs: Iterable[Any]) -> list[Any]:
    """Every operation some output depends on, each once, inputs first."""
    ordered: dict[int, Any] = {}
    waiting = [(tensor, False) for tensor in reversed(list(outputs))]
    opened: set[int] = set()
    while waiting:
        tensor, closing = waiting.pop()
        operation, node_index = tensor._keras_history.operation, tensor._keras_history.node_index
        node = operation._inbound_nodes[node_index]
        if closing:
            ordered.setdefault(id(operation), operation)
        elif id(node) not in opened:
            opened.add(id(node))
            waiting.append((tensor, True))
            waiting.extend((tensor, False) for tensor in node.input_tensors)
    return list(ordered.values())


def _guarded(layer: Placed, call: Callable[[], Any]) -> Any:
    """What Keras 3 raises while a layer is called becomes a refusal that names the layer."""
    try:
        return call()
    except (TypeError, ValueError, NotImplementedError) as error:
        name = layer.item.class_name if isinstance(layer.item, Spec) else "Functional"
        text = f"Keras 3 cannot call this layer: {_first_line(error)}"
        raise refused([Problem(layer.path, name, text)], f"{layer.path} ({name}): {text}") from error


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".strip().replace("\n", " ")[:400]
