"""Build one Keras 2.15 object from its spec, after the objects nested in its config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from exporter.load.custom_objects import CustomObjects
from interchange.error_text import cause
from interchange.errors import Failure, Problem, refused
from translation.keras2_to_3.spec import Graph, Spec
from translation.keras3_to_2.activations import WRITTEN_OUT
from translation.keras3_to_2.operations.entries import WAY_OUT

# Builds the model of a nested graph.
ModelMaker = Callable[[Graph], Any]


class Constructor:
    """Makes objects from specs, asking `make_model` for nested models, and `own` for those of the user."""

    def __init__(self, make_model: ModelMaker, own: CustomObjects) -> None:
        self._make_model = make_model
        self._own = own

    def make(self, item: Spec | Graph, name: str) -> Any:
        """The object of a spec; what Keras 2.15 does not accept is refused. `name` says what it is in messages."""
        if isinstance(item, Graph):
            return self._make_model(item)
        try:
            return self._construct(item)
        except Failure:
            raise
        except Exception as error:  # Keras raises whatever its constructors raise
            text = f"Keras 2.15 does not accept this configuration: {cause(error)}"
            problem = Problem(item.path or name, item.class_name, text, unblock=WAY_OUT)
            raise refused([problem], str(problem), WAY_OUT) from error

    def _construct(self, spec: Spec) -> Any:
        if spec.own:
            config = {key: self._told(value) for key, value in spec.config.items()}
            return self._own.make(spec.kind, spec.class_name, config if spec.own == "class" else None, spec.path)
        config = {key: self._value(value) for key, value in spec.config.items() if key != WRITTEN_OUT}
        made = class_of(spec.kind, spec.class_name)
        if spec.kind != "layers":
            return made(**config)
        if spec.class_name == "InputLayer":
            return made(name=spec.name, dtype=spec.dtype, **config)
        layer = made(name=spec.name, dtype=spec.dtype, **config)
        if not spec.trainable:
            layer.trainable = False
        return layer

    def _told(self, value: Any) -> Any:
        """A value in the config of a class of the user's, as Keras 2.15 writes it."""
        import keras

        if isinstance(value, list):
            return [self._told(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self._told(item) for key, item in value.items()}
        if not isinstance(value, (Spec, Graph)):
            return value
        return keras.saving.serialize_keras_object(self.make(value, value.path))

    def _value(self, value: Any) -> Any:
        if isinstance(value, (Spec, Graph)):
            return self.make(value, value.path)
        if isinstance(value, list) and any(isinstance(item, (Spec, Graph)) for item in value):
            return [self._value(item) for item in value]
        return value


def class_of(kind: str, name: str) -> Any:
    """A class of Keras 2.15; one layer is in no public namespace."""
    import keras
    from keras.src.layers.normalization import spectral_normalization

    hidden: Mapping[str, Any] = {"SpectralNormalization": spectral_normalization.SpectralNormalization}
    return hidden.get(name) or getattr(getattr(keras, kind), name)
