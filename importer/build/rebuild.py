"""Build the Keras 3 model that a graph of specs describes, layer by layer and call by call."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from importer.build import missing_in_keras3, operation_names, operator_calls
from importer.build.construct import Constructor
from importer.build.custom_objects import NO_CUSTOM_OBJECTS, CustomObjects
from importer.build.further_training import further_training
from importer.decompositions.calls import Invocation, invoke
from importer.decompositions.layers import Composition, WeightTarget, replacement
from importer.masks import mask_of
from interchange.errors import Failure, Problem, refused
from interchange.messages.changes import Change
from interchange.text import said
from interchange.user_files.replacements import way_out
from translation.keras2_to_3.graph import call_order, check_there, class_name, filled
from translation.keras2_to_3.spec import Graph, Placed, Spec, TensorRef
from translation.keras2_to_3.training_layers import left_out
from translation.operators.random.noise_source import NoiseSource


@dataclass
class Names:
    """Names in Keras 2: of the `layers` of a model and the `variables` of a layer, by the id of the owner.

    `weights` says where the variables of one old layer are in the composition that stands for it, and `origins` by the
    id of a layer or operation for which old layer, by its path, a call has added it. `outputs` are the tensors of a
    model that the outputs of its old layers have become.
    """

    layers: dict[int, dict[str, Any]] = field(default_factory=dict)
    variables: dict[int, Mapping[str, str]] = field(default_factory=dict)
    weights: dict[int, Mapping[str, WeightTarget]] = field(default_factory=dict)
    origins: dict[int, str] = field(default_factory=dict)
    outputs: dict[int, Mapping[TensorRef, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rebuilt:
    """The new model, the old names of its layers and variables, and changes that depend on its graph.

    `left_out` are the paths of layers that the old model had besides.
    """

    model: Any
    names: Names
    changes: list[Change]
    left_out: frozenset[tuple[str, ...]] = frozenset()


def rebuild(graph: Graph, own: CustomObjects = NO_CUSTOM_OBJECTS) -> Rebuilt:
    """Build the outermost model with the custom objects `own`; a layer that Keras 3 cannot build or call is refused."""
    builder = _Builder(own)
    with own.scope():
        model = builder.model(graph, None)
    changes = [*builder.changes, *further_training(model)]
    return Rebuilt(model, builder.names, changes, frozenset(left_out(graph)))


class _Builder:
    """Builds layers, calls them, and records their old names."""

    def __init__(self, own: CustomObjects) -> None:
        self.names = Names()
        self.changes: list[Change] = []
        self._own = own
        self._seen: set[tuple[int, int]] = set()
        self._constructor = Constructor(self.model, self._remember, own)

    def model(self, graph: Graph, like: Any) -> Any:
        """A model; `like` is a tensor on which it will be called, for a Sequential without an input."""
        made: dict[str, Any] = {}
        tensors: dict[TensorRef, Any] = {}
        if graph.sequential:
            model = self._sequential(graph, made, tensors, like)
        else:
            model = self._functional(graph, made, tensors)
        self.names.layers[id(model)], self.names.outputs[id(model)] = made, tensors
        return model

    def _remember(self, made: Composition, spec: Spec) -> None:
        self.names.variables[id(made.layer)] = {new: old for old, new in spec.variables.items()}
        if spec.composed:
            self.names.weights[id(made.layer)] = made.weights
            if "replacement" not in spec.config:  # which is told where it is decided
                self._tell_of(made, spec)

    def _tell_of(self, made: Composition, spec: Spec) -> None:
        """Unless the layer itself stands there after all."""
        if made.draws:
            self.changes.append(Change(spec.path, spec.class_name, "semantic", made.draws))
        if made.note or type(made.layer).__name__ != spec.class_name:
            text = made.note or f"composed of Keras 3's own layers by the decomposition {spec.composed}"
            self.changes.append(Change(spec.path, spec.class_name, "structural", text))

    def _sequential(self, graph: Graph, made: dict[str, Any], tensors: dict[TensorRef, Any], like: Any) -> Any:
        """A Sequential, unless a decomposition has put operations between its layers."""
        import keras

        for layer in graph.layers:
            if graph.inputs is None:
                made[layer.name] = self._constructor.make(layer.item, like)
            else:
                self._place(layer, made, tensors)
        ends = [tensors[TensorRef(layer.name, 0, 0)] for layer in graph.layers] if tensors else []
        if all(end._keras_history.operation is made[layer.name] for end, layer in zip(ends, graph.layers)):
            return keras.Sequential(list(made.values()), name=graph.name)
        operation_names.settle(ends[-1:], made.values())
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
        inputs, outputs = filled(graph.inputs, tensors), operator_calls.as_tensors(filled(graph.outputs, tensors))
        operation_names.settle(keras.tree.flatten(outputs), made.values())
        return keras.Model(inputs, outputs, name=graph.name)

    def _place(self, layer: Placed, made: dict[str, Any], tensors: dict[TensorRef, Any], index: int = 0) -> None:
        """Build the layer at its first call, call it, and record its outputs."""
        import keras

        if layer.calls:
            outputs = _guarded(layer, lambda: self._call(layer, index, made, tensors), self._own)
        else:
            made[layer.name] = self._constructor.make(layer.item, None)
            outputs = made[layer.name].output
        flat = keras.tree.flatten(outputs)
        self._remember_origin(layer.path, flat)
        for number, tensor in enumerate(flat):
            tensors[TensorRef(layer.name, index, number)] = tensor

    def _remember_origin(self, path: str, outputs: Sequence[Any]) -> None:
        """Every operation behind the outputs of a call that no call before it has added was added for its layer."""
        waiting = [history for output in outputs if (history := getattr(output, "_keras_history", None))]
        while waiting:
            operation, node, _ = waiting.pop()
            if (id(operation), node) not in self._seen:
                self._seen.add((id(operation), node))
                self.names.origins.setdefault(id(operation), path)
                waiting += [each._keras_history for each in operation._inbound_nodes[node].input_tensors]

    def _call(self, layer: Placed, index: int, made: dict[str, Any], tensors: Mapping[TensorRef, Any]) -> Any:
        call = layer.calls[index]
        check_there([call.inputs, dict(call.kwargs)], tensors, layer.path, class_name(layer))
        inputs = filled(call.inputs, tensors)
        if isinstance(layer.item, Spec) and layer.item.kind == "operators":
            source = NoiseSource(layer.name, next(iter(tensors.values())))
            return _called(layer.item, inputs, filled(dict(call.kwargs), tensors), source)
        inputs = operator_calls.in_graph(operator_calls.as_tensors(inputs), tensors.values())
        if layer.name not in made or self._is_made_for_others(made[layer.name], inputs):
            made[layer.name] = self._constructor.make(layer.item, inputs)
        kwargs = {key: filled(value, tensors) for key, value in call.kwargs.items() if value is not None}
        if isinstance(layer.item, Graph):
            return _call_model(Invocation(made[layer.name], inputs, kwargs))
        spec = layer.item
        tell = functools.partial(self._tell, spec)
        invocation = Invocation(made[layer.name], inputs, kwargs, tell, spec.old_dtype)
        names = [*spec.decompositions, *([spec.call_decomposition] if spec.call_decomposition else [])]
        return invoke(names, invocation)

    def _is_made_for_others(self, layer: Any, inputs: Any) -> bool:
        """A decomposition without weights depends on the shape of its first call, so another shape needs another."""
        import keras

        if self.names.weights.get(id(layer)) != {} or not isinstance(layer, keras.Model):
            return False
        pairs = zip(keras.tree.flatten(inputs), layer.inputs)
        return any(not _fits(tuple(tensor.shape), tuple(own.shape)) for tensor, own in pairs)

    def _tell(self, spec: Spec, kind: str, text: str) -> None:
        """Add a line to the report; several calls of a layer add it once."""
        change = Change(spec.path, spec.class_name, kind, text)
        if change not in self.changes:
            self.changes.append(change)


def _called(spec: Spec, inputs: Any, kwargs: Mapping[str, Any], source: NoiseSource) -> Any:
    """Call an operator, or the function with which the user replaces it."""
    if "replacement" in spec.config:
        return replacement.call(spec, inputs, kwargs)
    return operator_calls.call(spec.class_name, [inputs], kwargs, source)


def _fits(shape: tuple[int | None, ...], own: tuple[int | None, ...]) -> bool:
    return len(shape) == len(own) and all(wanted in (None, size) for size, wanted in zip(shape, own))


def _call_model(invocation: Invocation) -> Any:
    """Call a nested model, and let the symbolic outputs carry the masks that will flow out of it at run time.

    Keras 3 passes masks through a model only when it runs, so they are read off a trace of the model's own graph.
    """
    from keras import tree

    inner = invocation.layer
    outputs = inner(invocation.inputs, **invocation.kwargs)
    masks = [mask_of(tensor) for tensor in tree.flatten(invocation.inputs)]
    if any(mask is not None for mask in [*masks, *map(mask_of, inner.outputs)]):
        traced = inner.call(invocation.inputs, mask=masks)
        for outer, own in zip(tree.flatten(outputs), tree.flatten(traced)):
            outer._keras_mask = mask_of(own)
    return outputs


def _guarded(layer: Placed, call: Callable[[], Any], own: CustomObjects) -> Any:
    """Call a layer; an error of Keras 3 or of a custom class becomes a refusal that names the layer."""
    try:
        return _called_own(layer, call, own)
    except AttributeError as error:
        if (missing := missing_in_keras3.operation(error)) is None:
            raise
        problem = Problem(layer.path, class_name(layer), str(missing), unblock=missing.unblock)
        raise refused([problem], str(problem)) from error
    except (TypeError, ValueError, NotImplementedError) as error:
        name = class_name(layer)
        text = f"Keras 3 cannot call this layer: {said(error)}"
        is_operator = isinstance(layer.item, Spec) and layer.item.kind == "operators"
        problem = Problem(layer.path, name, text, unblock=way_out(layer.path) if is_operator else None)
        raise refused([problem], str(problem)) from error


def _called_own(layer: Placed, call: Callable[[], Any], own: CustomObjects) -> Any:
    try:
        return call()
    except Failure:
        raise
    except Exception as error:  # a class of the user's may raise anything
        if theirs := own.raised(layer.path, class_name(layer), error):
            raise theirs from error
        raise
