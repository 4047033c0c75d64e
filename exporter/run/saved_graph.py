"""The graph that Keras saved with a model, which TensorFlow runs without Keras: a second truth beside what it builds.

Facts alone: what the graph answers to the probes where it is something else, and where nobody could ask it, why.
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
from interchange import probe_batches
from interchange.bundle import BundleWriter
from interchange.error_text import cause
from interchange.errors import Exit, Failure, or_served
from interchange.values import Value, array_of, kind_of

_LARGEST = 2 << 30  # bytes of weights
_SIGNATURE, _TAGS = "serving_default", ["serve"]
# What Keras calls the function that it traces of a whole model; a function of the user's has a name of its own.
_OF_KERAS = re.compile(r"__inference__wrapped_model_\d+")
Row = tuple[Mapping[str, Any], np.ndarray]
Answered = Sequence[tuple[Call, Answers]]


class NoTruthError(Exception):
    """Why the graph cannot be asked, as a text."""


@dataclass
class OwnGraph:
    """The graph in the SavedModel at `path`; `drawn` is what its model draws, and the graph would not."""

    path: Path
    drawn: Noise = field(default_factory=Noise)

    def write(self, writer: BundleWriter, model: Any, answered: Answered) -> None:
        """Ask it what `model` was asked, and write the answers that are not the same to the last bit."""
        try:
            self._check(model, answered)
            with _opened(self.path, model) as graph:
                found = [_asked(graph, *pair) for pair in answered]
        except NoTruthError as error:
            found = [str(error)]
        rows = [row for made in found if not isinstance(made, str) for row in made]
        if rows:
            writer.write_tensors("graph.npz", rows)
        asked = [case.name for (call, _), made in zip(answered, found) if not isinstance(made, str) for case in call]
        why = None if asked else next((made for made in found if isinstance(made, str)), None)
        writer.write_json("graph.json", {"cases": asked, "why": why})

    def _check(self, model: Any, answered: Answered) -> None:
        """Raise NoTruthError for a model whose graph would answer otherwise, or cannot be asked."""
        inputs = [value for call, _ in answered for case in call for value in case.inputs]
        outputs = [value for _, answers in answered for answer in answers for value in answer]
        if any(kind_of(value) != "dense" for value in (*inputs, *outputs)):
            raise NoTruthError("it has a sparse or ragged input or output")
        if sum(file.stat().st_size for file in (self.path / "variables").iterdir()) > _LARGEST:
            raise NoTruthError(f"it holds more than {_LARGEST >> 30} GiB, which would be in memory twice")
        if self.drawn.drawn:
            raise NoTruthError("the model draws random numbers")
        if any(getattr(layer, "stateful", False) for layer in model._flatten_layers()):
            raise NoTruthError("it keeps state between calls")


def _asked(graph: _Graph, call: Call, answers: Answers) -> list[Row] | str:
    """The answers to a call that are not those of the model, or why it has none: a batch of another size, for one."""
    try:
        return graph.unlike(call, answers)
    except NoTruthError as error:
        return str(error)


def with_way_out(failure: Failure, path: Path) -> Failure:
    """What hinders a model from being loaded, and that its graph may go on instead, if Keras has made one to call."""
    from tensorflow.python.saved_model import loader_impl

    if failure.code not in (Exit.REFUSED, Exit.UNREADABLE):
        return failure
    graphs = loader_impl.parse_saved_model(str(path)).meta_graphs
    is_callable = any(_signature_of(graph) is not None for graph in graphs)
    return replace(failure, hint=or_served(failure.hint)) if is_callable else failure


@contextlib.contextmanager
def _opened(path: Path, model: Any) -> Iterator[_Graph]:
    """The graph with its weights, which TensorFlow reads itself. Raises NoTruthError."""
    import tensorflow as tf

    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True  # as everywhere: it takes longer than one call
    config.graph_options.optimizer_options.opt_level = -1
    with tf.compat.v1.Session(graph=tf.Graph(), config=config) as session:
        try:
            meta = tf.compat.v1.saved_model.load(session, _TAGS, str(path))
        except Exception as error:  # TensorFlow raises whatever its readers meet
            raise NoTruthError(f"TensorFlow cannot load it: {cause(error)}") from error
        yield _Graph.of(session, meta, model)


@dataclass(frozen=True)
class _Graph:
    """A signature in a session: the tensors that it takes, and gives by their numbers among the outputs of a model."""

    session: Any
    takes: Sequence[Any]
    gives: Mapping[int, Any]
    names: Sequence[str]

    @classmethod
    def of(cls, session: Any, meta: Any, model: Any) -> _Graph:
        """The signature that Keras makes of a model. Raises NoTruthError."""
        signature = _signature_of(meta)
        if signature is None:
            raise NoTruthError(f"it has no {_SIGNATURE} that Keras has made of the model")
        takes = _by_name(signature.inputs, model.input_names, "input")
        gives = _by_name(signature.outputs, model.output_names, "output")
        if not len(takes) == len(signature.inputs) == len(model.input_names) or not gives:
            told = f"its inputs {', '.join(signature.inputs)} and outputs {', '.join(signature.outputs)}"
            raise NoTruthError(f"{told} have other names than those of the model")
        return cls(session, [takes[index] for index in range(len(takes))], gives, model.output_names)

    def unlike(self, call: Call, answers: Answers) -> list[Row]:
        """The answers that are not those of the model. Raises NoTruthError where it has none, or several."""
        found = self._ask(call)
        rows: list[Row] = [
            ({"case": case.name, "index": index, "name": self.names[index]}, value)
            for case, ours, theirs in zip(call, answers, found)
            for index, value in zip(self.gives, theirs)
            if not _is_same(array_of(ours[index]), value)
        ]
        again = self._ask(call) if rows else found
        if not all(_is_same(*pair) for one, other in zip(found, again) for pair in zip(one, other)):
            raise NoTruthError("two calls with the same inputs gave different outputs")
        return rows

    def _ask(self, call: Call) -> list[list[np.ndarray]]:
        import tensorflow as tf

        given = [array_of(probe_batches.joined(values)) for values in zip(*(case.inputs for case in call))]
        feeds = {taken.name: _cast(array, tf.as_dtype(taken.dtype)) for taken, array in zip(self.takes, given)}
        try:
            made: list[Value] = self.session.run([tensor.name for tensor in self.gives.values()], feeds)
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise NoTruthError(f"it does not accept the probes: {cause(error)}") from error
        parts = probe_batches.parted([np.asarray(value) for value in made], [case.inputs for case in call])
        if parts is None:
            raise NoTruthError("an output has not one row for each sample")
        return [[array_of(value) for value in part] for part in parts]


def _signature_of(meta: Any) -> Any:
    """What Keras has made of a model to be called, in a MetaGraphDef; None where there is nothing of that kind."""
    signature = dict(meta.signature_def).get(_SIGNATURE)
    return signature if signature is not None and _is_of_keras(meta.graph_def, signature) else None


def _is_of_keras(graph: Any, signature: Any) -> bool:
    """Whether a signature calls the function that Keras traces of a model, and not one that the user has written."""
    wanted = {tensor.name.partition(":")[0] for tensor in signature.outputs.values()}
    made = {_called(node) for node in graph.node if node.name in wanted}
    functions = (function for function in graph.library.function if function.signature.name in made)
    return any(_OF_KERAS.fullmatch(_called(node)) for function in functions for node in function.node_def)


def _by_name(tensors: Mapping[str, Any], names: Sequence[str], kind: str) -> Mapping[int, Any]:
    """Inputs or outputs by their numbers in the model, whose names Keras gives them; before 2.3 it counts them."""
    counted = [f"{kind}_{number}" for number in range(1, len(names) + 1)]
    names = counted if set(tensors) == set(counted) and not set(names) & set(tensors) else names
    return {index: tensors[name] for index, name in enumerate(names) if name in tensors}


def _called(node: Any) -> str:
    return str(node.attr["f"].func.name) if "f" in node.attr else ""


def _cast(array: np.ndarray, dtype: Any) -> np.ndarray:
    return array if dtype.as_numpy_dtype is object else array.astype(dtype.as_numpy_dtype)


def _is_same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
