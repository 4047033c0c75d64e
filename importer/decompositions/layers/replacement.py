"""Layers for which the user gives a function on `keras.ops`: it is called once, and the graph it builds is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from importer.build import operator_calls
from importer.build.operation_names import settle
from importer.decompositions.layers import Blueprint, Composition
from importer.decompositions.layers.lambda_body import input_like
from importer.save.safe_mode_check import foreign
from interchange.errors import Failure
from interchange.user_files import user_file
from interchange.user_files.replacements import Replacement
from translation.keras2_to_3.spec import Spec
from translation.operators.symbolic import is_symbolic

_NO_STATE = "it creates weights, for which the old model has no values"


def compose(blueprint: Blueprint) -> Composition:
    """A functional model of what the function does, under the layer's own name; called as the Lambda was."""
    replacement: Replacement = blueprint.config["replacement"]
    arguments = blueprint.config.get("arguments") or {}
    builder = _ModelBuilder(replacement, "Lambda", blueprint.name, blueprint.compute_dtype)
    return Composition(builder.model([blueprint.inputs], arguments))


def call(spec: Spec, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The function instead of one call of an operator, with the arguments of that call and without masks."""
    import keras

    values = operator_calls.as_tensors(operator_calls.unmasked([list(args), dict(kwargs)]))
    model = _ModelBuilder(spec.config["replacement"], spec.class_name, str(spec.name), None).model(*values)
    tensors = [leaf for leaf in keras.tree.flatten(values) if is_symbolic(leaf)]
    return model(tensors if len(tensors) > 1 else tensors[0])


class _ModelBuilder:
    """Builds the model of a user's function for one layer; what gives no model is refused under the layer's name."""

    def __init__(self, replacement: Replacement, class_name: str, name: str, compute_dtype: str | None) -> None:
        self._replacement, self._class_name = replacement, class_name
        self._name, self._compute_dtype = name, compute_dtype

    def model(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        import keras

        args, kwargs = keras.tree.map_structure(self._input, [list(args), dict(kwargs)])
        inputs = [leaf for leaf in keras.tree.flatten([args, kwargs]) if is_symbolic(leaf)]
        outputs = self._called(args, kwargs)
        model = keras.Model(self._structure(args, inputs), outputs, name=self._name)
        if model.variables:
            raise self._refusal(_NO_STATE)
        if layer := foreign(model):
            raise self._refusal(f"it builds {layer}, which Keras 3 does not open in safe mode")
        settle(keras.tree.flatten(outputs), model.layers)
        return model

    def _structure(self, args: Sequence[Any], inputs: Sequence[Any]) -> Any:
        """The input structure: as it was for a Lambda, only the tensors for an operator."""
        if self._compute_dtype is not None:
            return args[0]
        return inputs if len(inputs) > 1 else inputs[0]

    def _input(self, value: Any) -> Any:
        if not is_symbolic(value):
            return value
        return input_like(value, self._compute_dtype or str(value.dtype))

    def _called(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        import keras

        function = self._replacement.run_file(self._class_name)[self._replacement.function]
        try:
            outputs = function(*args, **kwargs)
        except Exception as error:  # whatever a user's function raises is an answer
            raise self._refusal(user_file.told(self._replacement.file, error)) from error
        for leaf in keras.tree.flatten(outputs) or [outputs]:
            if not is_symbolic(leaf):
                raise self._refusal(f"it returns {type(leaf).__name__}, not a tensor computed from its inputs")
        return outputs

    def _refusal(self, text: str) -> Failure:
        return self._replacement.refusal(self._class_name, f"{self._replacement.place}: {text}")
