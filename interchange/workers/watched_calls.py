"""What the layers of a model give in one call, by a few of their numbers, whichever Keras runs it."""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

import numpy as np

from interchange.tensors import Array
from interchange.workers.parts import part

_MOST = 256  # numbers of an output
_CHUNK = 2**20  # numbers that are measured at once, so that no second array of the size of an output is in memory

Path = tuple[str, ...]
CallNumbers = Mapping[int, Sequence[int]]
"""For each layer of a model, by its id, the numbers of its calls in the order in which they run."""


class Place(NamedTuple):
    """An output of a layer: the names of the models around it and its own, the number of the call, and of the output.

    Calls are numbered as the config of the model lists them.
    """

    path: Path
    call: int = 0
    output: int = 0


@dataclass(frozen=True)
class Sample:
    """Numbers at evenly spread places of an output, its shape, and the largest and the mean magnitude of all."""

    class_name: str
    shape: tuple[int, ...]
    numbers: Array
    largest: float
    mean: float

    @classmethod
    def of(cls, class_name: str, array: Array) -> Sample:
        """The sample of an output of a layer of this class."""
        return cls(class_name, tuple(map(int, array.shape)), part(array, _MOST).reshape(-1), *_magnitude(array))


def _magnitude(array: Array) -> tuple[float, float]:
    """The largest and the mean of the finite absolute values; 0 for what is no number."""
    if array.dtype.kind in "OSU":
        return 0.0, 0.0
    flat, largest, total, count = np.ascontiguousarray(array).reshape(-1), 0.0, 0.0, 0
    for start in range(0, flat.size, _CHUNK):
        chunk = flat[start : start + _CHUNK]
        is_wide = chunk.dtype.kind == "f" and chunk.dtype.itemsize >= 4
        values = np.abs(chunk if is_wide else chunk.astype("float64"))
        finite = np.isfinite(values)
        values = values if finite.all() else values[finite]
        largest, count = max(largest, float(values.max(initial=0.0))), count + values.size
        total += float(values.sum(dtype="float64"))
    return largest, total / max(count, 1)


def call_numbers(nodes_by_depth: Mapping[int, Sequence[Any]], layer_of: Callable[[Any], Any]) -> CallNumbers:
    """The numbers of the calls in a graph, which runs from the greatest depth on."""
    nodes = [node for _, level in sorted(nodes_by_depth.items(), reverse=True) for node in level if not node.is_input]
    own, found = {id(node) for node in nodes}, dict[int, list[int]]()
    for node in nodes:
        layer = layer_of(node)
        listed = [id(each) for each in layer._inbound_nodes if id(each) in own]
        found.setdefault(id(layer), []).append(listed.index(id(node)))
    return found


@dataclass
class _Running:
    """A model that is being called: where it is, and how often each of its layers has been called so far."""

    path: Path
    numbers: CallNumbers
    called: Counter[int] = field(default_factory=Counter)


class Watch:
    """Sees the calls of the layers of a model. Those inside a layer that is no model with a graph are not looked at.

    `tf` is TensorFlow, `flat` lists the tensors of a structure, and `numbers_of` tells the calls in a model with a
    graph, None for anything else.
    """

    def __init__(
        self,
        model: Any,
        tf: Any,
        flat: Callable[[Any], Sequence[Any]],
        numbers_of: Callable[[Any], Optional[CallNumbers]],
    ) -> None:
        self._model, self._tf, self._flat = model, tf, flat
        self._numbers_of = numbers_of
        self._inside: Optional[_Running] = None
        self._samples: Optional[dict[Place, Sample]] = None

    @contextlib.contextmanager
    def recording(self) -> Iterator[Mapping[Place, Sample]]:
        """Within, the first call of the model is recorded. It may run a graph that was traced under this watch."""
        samples: dict[Place, Sample] = {}
        self._samples = samples
        try:
            yield samples
        finally:
            self._samples = None

    def called(self, real: Callable[..., Any], layer: Any, *args: Any, **kwargs: Any) -> Any:
        """Stands for `__call__` of every layer."""
        if self._samples is None and self._tf.executing_eagerly():
            return real(layer, *args, **kwargs)
        place, around = self._place(layer), self._inside
        self._inside = self._running(layer, place)
        try:
            outputs = real(layer, *args, **kwargs)
        finally:
            self._inside = around
        if place is not None and place.path:
            self._see(place, type(layer).__name__, outputs)
        return outputs

    def _place(self, layer: Any) -> Optional[Place]:
        if layer is self._model:
            return Place(())
        inside = self._inside
        numbers = () if inside is None else inside.numbers.get(id(layer), ())
        if inside is None or inside.called[id(layer)] >= len(numbers):
            return None
        inside.called[id(layer)] += 1
        return Place((*inside.path, layer.name), numbers[inside.called[id(layer)] - 1])

    def _running(self, layer: Any, place: Optional[Place]) -> Optional[_Running]:
        """Of a model that is called several times, the layers are looked at in the first call."""
        if place is None or place.call:
            return None
        numbers = self._numbers_of(layer)
        return None if numbers is None else _Running(place.path, numbers)

    def _see(self, place: Place, class_name: str, outputs: Any) -> None:
        """Record the dense tensors; in a graph that is traced, whenever it runs."""
        for index, tensor in enumerate(self._flat(outputs)):
            if isinstance(tensor, self._tf.Tensor) and not tensor.dtype.is_complex:
                keep = functools.partial(self._keep, place._replace(output=index), class_name)
                if self._tf.executing_eagerly():
                    keep(tensor.numpy())
                else:
                    self._tf.numpy_function(keep, [tensor], [])

    def _keep(self, place: Place, class_name: str, array: Any) -> None:
        if self._samples is not None and place not in self._samples:
            self._samples[place] = Sample.of(class_name, np.asarray(array))


@contextlib.contextmanager
def installed(base: Any, watch: Watch) -> Iterator[Watch]:
    """Within, a watch sees every call of a layer; `base` is the class whose `__call__` they all run."""
    real = base.__call__

    def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
        return watch.called(real, layer, *args, **kwargs)

    base.__call__ = called
    try:
        yield watch
    finally:
        base.__call__ = real
