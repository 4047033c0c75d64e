"""Build one Keras 2.15 object from its spec, after the objects nested in its config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from interchange.error_text import cause
from interchange.errors import Failure, Problem, refused
from translation.keras2_to_3.spec import Graph, Spec
from translation.keras3_to_2.activations import WRITTEN_OUT

# Builds the model of a nested graph.
ModelMaker = Callable[[Graph], Any]


class Constructor:
    """Makes objects from specs, asking `make_model` for nested models."""

    def __init__(self, make_model: ModelMaker) -> None:
        self._make_model = make_model

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
            problem = Problem(item.path or name, item.class_name, text)
            raise refused([problem], str(problem)) from error

    def _construct(self, spec: Spec) -> Any:
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
