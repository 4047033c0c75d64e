"""The dtypes in which a rebuilt model and each of its outputs are computed: halves have a larger tolerance."""

from __future__ import annotations

from typing import Any

from importer.verify.inference import made_in
from interchange.workers.dependencies import calls_behind
from interchange.workers.tolerances import Tolerance, tolerance


def tolerances(model: Any, count: int, rtol: float | None = None, atol: float | None = None) -> list[Tolerance]:
    """The tolerance for each of `count` outputs; the options of the user take precedence."""
    return [tolerance(dtypes, rtol, atol) for dtypes in by_output(model, count)]


def computed_in(model: Any) -> frozenset[str]:
    """The compute dtypes of the layers and operations of a model."""
    layers = (layer.compute_dtype for layer in model._flatten_layers())
    return frozenset(map(str, (*layers, *(tensor.dtype for tensor in made_in(model)))))


def by_output(model: Any, count: int) -> list[frozenset[str]]:
    """The dtypes of all calls that each of `count` outputs depends on; those of the model if its graph is unknown."""
    outputs = _outputs(model)
    if len(outputs) != count:
        return [computed_in(model)] * count
    return [_behind(output) | {str(model.compute_dtype)} for output in outputs]


def _outputs(model: Any) -> list[Any]:
    """The symbolic outputs of a Sequential or functional model; none of a subclass, which may compute otherwise."""
    import keras
    from keras.src.models import Functional

    is_graph = type(model) in (Functional, keras.Sequential) and hasattr(model, "outputs")
    return list(model.outputs) if is_graph else []


def _behind(output: Any) -> frozenset[str]:
    """The dtypes of all calls that an output depends on; in a nested model, those that its own output depends on."""
    dtypes: frozenset[str] = frozenset()
    for operation, node, place in calls_behind(output, lambda node: node.input_tensors):
        dtypes |= {str(node.output_tensors[place].dtype)}
        if inner := _outputs(operation):
            dtypes |= _behind(inner[place]) | {str(operation.compute_dtype)}
        elif hasattr(operation, "_flatten_layers"):
            dtypes |= computed_in(operation) | {str(tensor.dtype) for tensor in node.output_tensors}
    return dtypes
