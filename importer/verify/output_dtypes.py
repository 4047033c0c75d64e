"""Which dtypes a rebuilt model computes in, and each of its outputs: halves allow more, where they are reached from."""

from __future__ import annotations

from typing import Any

from importer.verify.inference import made_in
from interchange.dependencies import calls_behind
from interchange.tolerances import Tolerance, tolerance


def tolerances(model: Any, count: int, rtol: float | None = None, atol: float | None = None) -> list[Tolerance]:
    """The tolerance for each of `count` outputs; what the user asks for goes before."""
    return [tolerance(dtypes, rtol, atol) for dtypes in by_output(model, count)]


def computed_in(model: Any) -> frozenset[str]:
    """The dtypes the layers and operations of a model compute in."""
    layers = (layer.compute_dtype for layer in model._flatten_layers())
    return frozenset(map(str, (*layers, *(tensor.dtype for tensor in made_in(model)))))


def by_output(model: Any, count: int) -> list[frozenset[str]]:
    """The dtypes that each of `count` outputs is reached from; those of the model, where its graph does not tell."""
    outputs = _outputs(model)
    if len(outputs) != count:
        return [computed_in(model)] * count
    return [_behind(output) | {str(model.compute_dtype)} for output in outputs]


def _outputs(model: Any) -> list[Any]:
    """The symbolic outputs of a model; none of what is no model, and of one whose class may compute something else."""
    import keras
    from keras.src.models import Functional

    is_graph = type(model) in (Functional, keras.Sequential) and hasattr(model, "outputs")
    return list(model.outputs) if is_graph else []


def _behind(output: Any) -> frozenset[str]:
    """The dtypes of all that an output is reached from; of a nested model, what its own output is reached from."""
    found: frozenset[str] = frozenset()
    for operation, node, place in calls_behind(output, lambda node: node.input_tensors):
        found |= {str(node.output_tensors[place].dtype)}
        if inner := _outputs(operation):
            found |= _behind(inner[place]) | {str(operation.compute_dtype)}
        elif hasattr(operation, "_flatten_layers"):
            found |= computed_in(operation) | {str(tensor.dtype) for tensor in node.output_tensors}
    return found
