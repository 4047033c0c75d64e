"""A second reference: the graph that Keras saved with a model, which TensorFlow runs without Keras.

It records the outputs of the graph that differ from those of the built model, or why the graph could not be run.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from exporter.probes.batches import Answers, Call
from exporter.run.fixed_noise import Noise
from interchange.bundle import BundleWriter
from interchange.error_text import cause
from interchange.errors import Exit, Failure
from interchange.hints import or_served
from interchange.values import Value, array_of, kind_of
from interchange.workers import probe_batches

_LARGEST = 2 << 30  # bytes of weights
_SIGNATURE, _TAGS = "serving_default", ["serve"]
# The name of the function that Keras traces of a whole model.
_OF_KERAS = re.compile(r"__inference__wrapped_model_\d+")
Row = tuple[Mapping[str, Any], np.ndarray]
Answered = Sequence[tuple[Call, Answers]]


class NoReferenceError(Exception):
    """The reason why the graph is no reference."""


@dataclass
class SavedGraph:
    """The graph in the SavedModel at `path`; `drawn` are the numbers injected into the model only."""

    path: Path
    drawn: Noise = field(default_factory=Noise)

    def write(self, writer: BundleWriter, model: Any, answered: Answered) -> None:
        """Run the graph on the probes of `model`, and write the outputs that are not equal to the last bit."""
        try:
            self._check(model, answered)
            with _opened(self.path, model) as graph:
                found = [_differing(graph, *pair) for pair in answered]
        except NoReferenceError as error:
            found = [str(error)]
        rows = [row for made in found if not isinstance(made, str) for row in made]
        if rows:
            writer.write_tensors("graph.npz", rows)
        asked = [case.name for (call, _), made in zip(answered, found) if not isinstance(made, str) for case in call]
        why = None if asked else next((made for made in found if isinstance(made, str)), None)
        writer.write_json("graph.json", {"cases": asked, "why": why})

    def _check(self, model: Any, answered: Answered) -> None:
        """Raise `NoReferenceError` for a model whose graph would compute something else, or cannot be run."""
        inputs = [value for call, _ in answered for case in call for value in case.inputs]
        outputs = [value for _, answers in answered for answer in answers for value in answer]
        if any(kind_of(value) != "dense" for value in (*inputs, *outputs)):
            raise NoReferenceError("it has a sparse or ragged input or output")
        if sum(file.stat().st_size for file in (self.path / "variables").iterdir()) > _LARGEST:
            raise NoReferenceError(f"it holds more than {_LARGEST >> 30} GiB, which would be in memory twice")
        if self.drawn.drawn:
            raise NoReferenceError("the model draws random numbers")
        if any(getattr(layer, "stateful", False) for layer in model._flatten_layers()):
            raise NoReferenceError("it keeps state between calls")


def _differing(graph: _Graph, call: Call, answers: Answers) -> list[Row] | str:
    """The outputs of the graph that differ from those of the model, or why it has none."""
    try:
        return graph.differing_outputs(call, answers)
    except NoReferenceError as error:
        return str(error)


def with_serve_hint(failure: Failure, path: Path) -> Failure:
    """A failure to load a model, with the hint of `--serve` if Keras has saved a graph that can be called."""
    from tensorflow.python.saved_model import loader_impl

    if failure.code not in (Exit.REFUSED, Exit.UNREADABLE):
        return failure
    graphs = loader_impl.parse_saved_model(str(path)).meta_graphs
    is_callable = any(_signature_of(graph) is not None for graph in graphs)
    return replace(failure, hint=or_served(failure.hint)) if is_callable else failure


@contextlib.contextmanager
def _opened(path: Path, model: Any) -> Iterator[_Graph]:
    """The graph with its weights, as TensorFlow loads it. Raises `NoReferenceError`."""
    import tensorflow as tf

    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True  # as everywhere: it takes longer than one call
    config.graph_options.optimizer_options.opt_level = -1
    with tf.compat.v1.Session(graph=tf.Graph(), config=config) as session:
        try:
            meta = tf.compat.v1.saved_model.load(session, _TAGS, str(path))
        except Exception as error:  # TensorFlow raises whatever its readers meet
            raise NoReferenceError(f"TensorFlow cannot load it: {cause(error)}") from error
        yield _Graph.of(session, meta, model)


@dataclass(frozen=True)
class _Graph:
    """A signature in a session: its input tensors, and its outputs by their numbers among those of the model."""

    session: Any
    inputs: Sequence[Any]
    outputs: Mapping[int, Any]
    names: Sequence[str]

    @classmethod
    def of(cls, session: Any, meta: Any, model: Any) -> _Graph:
        """The signature that Keras saves for a model. Raises `NoReferenceError`."""
        signature = _signature_of(meta)
        if signature is None:
            raise NoReferenceError(f"it has no {_SIGNATURE} that Keras has made of the model")
        inputs = _by_name(signature.inputs, model.input_names, "input")
        outputs = _by_name(signature.outputs, model.output_names, "output")
        if not len(inputs) == len(signature.inputs) == len(model.input_names) or not outputs:
            told = f"its inputs {', '.join(signature.inputs)} and outputs {', '.join(signature.outputs)}"
            raise NoReferenceError(f"{told} have other names than those of the model")
        return cls(session, [inputs[index] for index in range(len(inputs))], outputs, model.output_names)

    def differing_outputs(self, call: Call, answers: Answers) -> list[Row]:
        """The outputs that differ from the model's. Raises `NoReferenceError` if it fails, or two runs differ."""
        found = self._run(call)
        rows: list[Row] = [
            ({"case": case.name, "index": index, "name": self.names[index]}, value)
            for case, ours, theirs in zip(call, answers, found)
            for index, value in zip(self.outputs, theirs)
            if not _is_same(array_of(ours[index]), value)
        ]
        again = self._run(call) if rows else found
        if not all(_is_same(*pair) for one, other in zip(found, again) for pair in zip(one, other)):
            raise NoReferenceError("two calls with the same inputs gave different outputs")
        return rows

    def _run(self, call: Call) -> list[list[np.ndarray]]:
        import tensorflow as tf

        given = [array_of(probe_batches.joined(values)) for values in zip(*(case.inputs for case in call))]
        feeds = {tensor.name: _cast(array, tf.as_dtype(tensor.dtype)) for tensor, array in zip(self.inputs, given)}
        try:
            made: list[Value] = self.session.run([tensor.name for tensor in self.outputs.values()], feeds)
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise NoReferenceError(f"it does not accept the probes: {cause(error)}") from error
        parts = probe_batches.parted([np.asarray(value) for value in made], [case.inputs for case in call])
        if parts is None:
            raise NoReferenceError("an output has not one row for each sample")
        return [[array_of(value) for value in part] for part in parts]


def _signature_of(meta: Any) -> Any:
    """The signature that Keras saved for a model in a MetaGraphDef, if there is one."""
    signature = dict(meta.signature_def).get(_SIGNATURE)
    return signature if signature is not None and _is_of_keras(meta.graph_def, signature) else None


def _is_of_keras(graph: Any, signature: Any) -> bool:
    """Whether a signature calls the function that Keras traces of a model, not one of the user's."""
    wanted = {tensor.name.partition(":")[0] for tensor in signature.outputs.values()}
    made = {_called(node) for node in graph.node if node.name in wanted}
    functions = (function for function in graph.library.function if function.signature.name in made)
    return any(_OF_KERAS.fullmatch(_called(node)) for function in functions for node in function.node_def)


def _by_name(tensors: Mapping[str, Any], names: Sequence[str], kind: str) -> Mapping[int, Any]:
    """Inputs or outputs by their numbers in the model, found by name; before TensorFlow 2.3 Keras numbered them."""
    counted = [f"{kind}_{number}" for number in range(1, len(names) + 1)]
    names = counted if set(tensors) == set(counted) and not set(names) & set(tensors) else names
    return {index: tensors[name] for index, name in enumerate(names) if name in tensors}


def _called(node: Any) -> str:
    return str(node.attr["f"].func.name) if "f" in node.attr else ""


def _cast(array: np.ndarray, dtype: Any) -> np.ndarray:
    return array if dtype.as_numpy_dtype is object else array.astype(dtype.as_numpy_dtype)


def _is_same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
