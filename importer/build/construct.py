"""Build one Keras 3 object from its spec, after the objects nested in its config."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from bytecode.refusals import Refused
from importer.build import missing_in_keras3
from importer.build.custom_objects import CustomObjects
from importer.decompositions.activations import activation
from importer.decompositions.layers import Blueprint, Composition, compose
from interchange.errors import Failure, Problem, refused
from interchange.text import said
from interchange.user_files.replacements import REPLACEABLE, way_out
from translation.keras2_to_3.spec import Graph, Spec

# A cell or a wrapped layer is called on tensors with fewer axes than the layer around it.
_CELL_OWNERS = frozenset({"SimpleRNN", "LSTM", "GRU", "RNN"})
_PER_STEP = frozenset({"TimeDistributed", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})

# Builds the model of a nested graph for tensors like this one, or None if nothing is known about them.
ModelMaker = Callable[[Graph, Any], Any]
# Is called with every layer that was built and its spec.
Listener = Callable[[Composition, Spec], None]


class Constructor:
    """Makes objects from specs, asking `make_model` for nested models and telling `made_layer` of each layer."""

    def __init__(self, make_model: ModelMaker, made_layer: Listener, own: CustomObjects) -> None:
        self._make_model = make_model
        self._own = own
        self._made_layer = made_layer

    def make(self, item: Spec | Graph, like: Any) -> Any:
        """The object for inputs like the structure of tensors `like`; what Keras 3 does not accept is refused."""
        if isinstance(item, Graph):
            return self._make_model(item, _first(like))
        try:
            return self._construct(item, like)
        except Refused as error:
            raise _refusal(item, f"its body cannot be translated: {error}") from error
        except AttributeError as error:
            if (missing := missing_in_keras3.operation(error)) is None:
                raise
            raise _refusal(item, str(missing), missing.unblock) from error
        except (TypeError, ValueError) as error:
            if missing := missing_in_keras3.argument(item.kind, item.class_name, item.config):
                raise _refusal(item, str(missing), missing.unblock) from error
            raise _refusal(item, f"Keras 3 does not accept this configuration: {said(error)}") from error

    def _construct(self, spec: Spec, like: Any) -> Any:

        if spec.own:
            return self._custom(spec, like)
        inner = _inner(spec.class_name, _first(like))
        config = {key: self._value(value, inner, spec) for key, value in spec.config.items()}
        if spec.kind != "layers":
            named = _named(spec.kind, spec.class_name)
            return named(**config) if isinstance(named, type) else named
        made = _made(spec, config, like)
        if not spec.trainable:
            made.layer.trainable = False
        self._made_layer(made, spec)
        return made.layer

    def _custom(self, spec: Spec, like: Any) -> Any:
        """An object of a custom class, from its config as Keras 3 writes one; a function as it is."""
        config = {key: self._told(value, like) for key, value in spec.config.items()}
        made = self._own.make(spec.kind, spec.class_name, config if spec.own == "class" else None, spec.path)
        if spec.kind == "layers":
            self._made_layer(Composition(made), spec)
        return made

    def _told(self, value: Any, like: Any) -> Any:
        """A config value as Keras 3 writes it."""
        import keras

        if isinstance(value, list):
            return [self._told(item, like) for item in value]
        if isinstance(value, Mapping):
            return {key: self._told(item, like) for key, item in value.items()}
        if not isinstance(value, (Spec, Graph)):
            return value
        made = self.make(value, like)
        if isinstance(value, Spec) and not value.own and type(made).__name__ != value.class_name:
            raise _refusal(value, "its replacement in Keras 3 cannot be in the config of a custom class")
        return keras.saving.serialize_keras_object(made)

    def _value(self, value: Any, like: Any, owner: Spec) -> Any:
        if isinstance(value, Spec) and value.kind == "activations" and not value.own:
            return activation(str(value.call_decomposition), _rank(_first(like)), _compute_dtype(owner))
        if isinstance(value, (Spec, Graph)):
            return self.make(value, like)
        if isinstance(value, list) and any(isinstance(item, (Spec, Graph)) for item in value):
            return [self._value(item, like, owner) for item in value]
        return value


def _named(kind: str, name: str) -> Any:
    """A class or a function of Keras 3; one class that files of Keras 3 name is in no public namespace."""
    import keras

    if name == "LossFunctionWrapper":
        return keras.losses.Huber.__base__
    return getattr(functools.reduce(getattr, kind.split("."), keras), name)


def _refusal(spec: Spec, text: str, unblock: str | None = None) -> Failure:
    unblock = unblock or (way_out(spec.path) if spec.class_name in REPLACEABLE else None)
    problem = Problem(spec.path, spec.class_name, text, unblock=unblock)
    return refused([problem], str(problem))


def _made(spec: Spec, config: Mapping[str, Any], like: Any) -> Composition:
    import keras

    if spec.composed is None:
        return Composition(getattr(keras.layers, spec.class_name)(name=spec.name, dtype=spec.dtype, **config))
    first = _first(like)
    if first is None:
        raise ValueError("it can be built only for an input of known shape")
    return compose(spec.composed, Blueprint(str(spec.name), spec.dtype, config, first, spec.given, like))


def _first(inputs: Any) -> Any:
    """The tensor a layer is built for; None if it is called on a constant, or nothing is known."""
    import keras

    flat = keras.tree.flatten(inputs)
    return flat[0] if flat and isinstance(flat[0], keras.KerasTensor) else None


def _inner(class_name: str, like: Any) -> Any:
    """The input of a cell or wrapped layer when the layer around it is called on `like`."""
    import keras

    if like is None:
        return None
    if class_name in _CELL_OWNERS:
        return keras.KerasTensor((like.shape[0], *like.shape[2:]), like.dtype)
    return keras.KerasTensor((None, *like.shape[2:]), like.dtype) if class_name in _PER_STEP else like


def _rank(like: Any) -> int:
    return 2 if like is None else len(like.shape)


def _compute_dtype(spec: Spec) -> str:
    import keras

    return str(keras.DTypePolicy(spec.dtype or keras.config.floatx()).compute_dtype)
