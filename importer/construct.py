"""One spec to one Keras 3 object; what is nested in its config comes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from importer.native import activation
from importer.spec import Graph, Spec
from interchange.errors import Problem, refused

# A cell or a wrapped layer sees tensors of fewer axes than the layer around it.
_CELL_OWNERS = frozenset({"SimpleRNN", "LSTM", "GRU", "RNN"})
_PER_STEP = frozenset({"TimeDistributed", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})

# Makes the model of a nested graph, for tensors of so many axes.
ModelMaker = Callable[[Graph, int], Any]
# Is told of every layer that was made, with the spec it was made from.
Listener = Callable[[Any, Spec], None]


class Constructor:
    """Makes objects from specs, asking `make_model` for nested models and telling `made_layer` of each layer."""

    def __init__(self, make_model: ModelMaker, made_layer: Listener) -> None:
        self._make_model = make_model
        self._made_layer = made_layer

    def make(self, item: Spec | Graph, rank: int) -> Any:
        """The object, for input tensors of `rank` axes; what Keras 3 does not accept is refused by name."""
        if isinstance(item, Graph):
            return self._make_model(item, rank)
        try:
            return self._construct(item, rank)
        except (TypeError, ValueError) as error:
            text = f"Keras 3 does not accept this configuration: {first_line(error)}"
            message = f"{item.path} ({item.class_name}): {text}"
            raise refused([Problem(item.path, item.class_name, text)], message) from error

    def _construct(self, spec: Spec, rank: int) -> Any:
        import keras

        inner = _inner_rank(spec.class_name, rank)
        config = {key: self._value(value, inner, spec) for key, value in spec.config.items()}
        make = getattr(getattr(keras, spec.kind), spec.class_name)
        if spec.kind != "layers":
            return make(**config)
        layer = make(name=spec.name, dtype=spec.dtype, **config)
        if not spec.trainable:
            layer.trainable = False
        self._made_layer(layer, spec)
        return layer

    def _value(self, value: Any, rank: int, owner: Spec) -> Any:
        if isinstance(value, Spec) and value.kind == "activations":
            return activation(str(value.call_rule), rank, _compute_dtype(owner))
        if isinstance(value, (Spec, Graph)):
            return self.make(value, rank)
        if isinstance(value, list) and any(isinstance(item, (Spec, Graph)) for item in value):
            return [self._value(item, rank, owner) for item in value]
        return value


def _inner_rank(class_name: str, rank: int) -> int:
    if class_name in _CELL_OWNERS:
        return 2
    return rank - 1 if class_name in _PER_STEP else rank


def _compute_dtype(spec: Spec) -> str:
    import keras

    return str(keras.DTypePolicy(spec.dtype or keras.config.floatx()).compute_dtype)


def first_line(error: Exception) -> str:
    """An error of Keras in one line of bearable length."""
    return f"{type(error).__name__}: {error}".strip().replace("\n", " ")[:400]
