"""Export a SavedModel that holds a graph but no Keras model: the outputs of one signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporter.probes.shapes import Shape, of_samples
from exporter.run import inference
from exporter.whole_model import write_reference
from interchange.bundle import BundleWriter
from interchange.error_text import cause
from interchange.errors import Exit, Failure, Problem, refused
from interchange.messages.requests import ExportGraphRequest
from interchange.messages.results import ExportGraphResult
from interchange.protocol import Say

USUAL = "serving_default"


@dataclass(frozen=True)
class Input:
    """An input of a signature, described as Keras describes the inputs of its models."""

    type_spec: Any

    @property
    def shape(self) -> Any:
        return self.type_spec.shape

    @property
    def dtype(self) -> Any:
        return self.type_spec.dtype


class Signature:
    """A function of the graph with the attributes of a model that probing needs; names are in alphabetical order."""

    def __init__(self, name: str, function: Any, shapes: Mapping[str, Shape]) -> None:
        """`shapes` are used for inputs whose rank is unknown."""
        self.name, self._function = name, function
        specs = function.structured_input_signature[1]
        self.input_names = sorted(specs)
        known = {name: shapes.get(name) or shapes.get(f"in{index}") for index, name in enumerate(self.input_names)}
        self.inputs = [Input(_shaped(specs[name], known[name])) for name in self.input_names]
        self.output_names = sorted(function.structured_outputs)
        self._nested_inputs = dict(zip(self.input_names, self.inputs))

    def __call__(self, inputs: Mapping[str, Any], training: bool = False) -> Mapping[str, Any]:  # noqa: ARG002
        cast = {name: _cast(value, self._nested_inputs[name]) for name, value in inputs.items()}
        answers: Mapping[str, Any] = self._function(**cast)
        return answers

    def _flatten_layers(self, **_: Any) -> tuple[Any, ...]:
        return ()


def _shaped(spec: Any, shape: Shape | None) -> Any:
    import tensorflow as tf

    return spec if shape is None or spec.shape.rank is not None else tf.TensorSpec(shape, spec.dtype)


def _cast(value: Any, spec: Any) -> Any:
    import tensorflow as tf

    return value if value.dtype == spec.dtype else tf.cast(value, spec.dtype)


def export(request: ExportGraphRequest, say: Say) -> ExportGraphResult:
    """Write the bundle of a graph.

    Raises `Failure(UNREADABLE)` where TensorFlow cannot load it, or it has no function that answers.
    """
    import keras

    inference.release()
    say(f"loading {request.source.name} with TensorFlow")
    loaded, signature = _opened(request.source, of_samples(request.probes.samples))
    writer = BundleWriter(request.bundle, {"keras": keras.__version__}, request.about.to_json())
    say(f"computing the outputs of {request.source.name}")
    _, noise = write_reference(signature, [], writer, request.probes)
    facts = {"signature": signature.name, "inputs": signature.input_names, "outputs": signature.output_names}
    writer.write_json("serving.json", facts)
    writer.close()
    del loaded  # a graph lives as long as what it was loaded with
    return ExportGraphResult(signature.name, noise)


def _opened(source: Path, shapes: Mapping[str, Shape]) -> tuple[Any, Signature]:
    loaded = _loaded(str(source))
    found = {name: function for name, function in loaded.signatures.items() if function.structured_outputs}
    name = USUAL if USUAL in found else next(iter(sorted(found)), None)
    if name is None or (name != USUAL and len(found) > 1):
        told = f"several signatures and none is {USUAL}: {', '.join(sorted(found))}" if found else "no signature"
        hint = f"save it with signatures={{'{USUAL}': the function to call}}"
        raise Failure(Exit.UNREADABLE, f"this SavedModel has {told}, so there is nothing to call", hint)
    signature = Signature(name, found[name], shapes)
    _require_samples(signature)
    return loaded, signature


def _loaded(path: str) -> Any:
    """What TensorFlow makes of a SavedModel, or of its graph alone where an object is of a class that is not here."""
    import tensorflow as tf
    from tensorflow.python.saved_model import load_v1_in_v2

    try:
        return tf.saved_model.load(path)
    except Exception as error:  # noqa: BLE001  (TensorFlow raises whatever its readers meet)
        whole = error
    try:
        return load_v1_in_v2.load(path, None)
    except Exception as error:
        message = f"TensorFlow cannot load this SavedModel: {cause(whole)}"
        hint = "copy it again, or save it again where it still loads"
        raise Failure(Exit.UNREADABLE, message, hint) from error


def _require_samples(signature: Signature) -> None:
    """Refuse a function whose inputs have no axis of samples: what it answers can be compared for none."""
    text = f"an input of the signature {signature.name} has no axis for samples"
    hint = "give samples with --inputs FILE.npz where it takes any number of axes, or save it with a signature whose "
    hint += "inputs have an axis of samples"
    shapes = {name: given.shape for name, given in zip(signature.input_names, signature.inputs)}
    problems = [
        Problem(name, "signature", text, "shape", str(shape), hint)
        for name, shape in shapes.items()
        if not shape.rank  # a scalar, or of any number of axes
    ]
    if problems:
        raise refused(problems, str(problems[0]), hint)
