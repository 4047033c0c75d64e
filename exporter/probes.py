"""Probe inputs made from the model itself: ordinary, large, tiny, padded, one sample and several."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exporter import kinds, vocabularies
from interchange.errors import Exit, Failure
from interchange.values import Value

BATCH = 3
# Tried in turn for axes of unknown length, until the model accepts one: a deep convolution needs room.
FREE_LENGTHS = (7, 16, 33, 64, 128, 224)
# Tried in turn for whole numbers, from the first to the one before the second: some divide, others choose from few.
SPANS = ((0, 10), (1, 10), (0, 6), (0, 4), (0, 3), (0, 2), (1, 2), (0, 1))
# What a model that costs much can do without: one sample as any, and numbers that are all but zero.
SPARED = frozenset({"single", "tiny"})

# What comes out of these are no longer the values that went in.
_REPLACING = frozenset({
    "CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup",
    "TextVectorization",
})  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One call of the model: a name and a value for each input, in the order of `model.inputs`."""

    name: str
    inputs: tuple[Value, ...]


@dataclass(frozen=True)
class InputFacts:
    """What is known about one input: `ids` is the smallest vocabulary it indexes, `padding` the value that masks.

    `values` are the words or numbers that the lookup layers behind it tell apart, `kind` is dense, sparse or ragged.
    Whole numbers of which nothing else is known lie in `span`.
    """

    shape: tuple[int | None, ...]
    dtype: str
    ids: int | None = None
    padding: float | bytes | None = None
    values: tuple[Any, ...] = ()
    kind: str = "dense"
    span: tuple[int, int] = SPANS[0]


def spans(facts: Sequence[InputFacts]) -> Sequence[tuple[int, int]]:
    """Where the whole numbers of these inputs may lie; there is nothing to try where all of them are known ids."""
    free = (fact.ids is None and not fact.values and fact.dtype.lstrip("u").startswith("int") for fact in facts)
    return SPANS if any(free) else SPANS[:1]


def cases(facts: Sequence[InputFacts], free: int, *, one_batch: bool = False) -> list[Case]:
    """All probes for inputs like these; `free` is the length of axes that may have any.

    With `one_batch` all have the same number of samples, as stateful layers demand.
    """
    random = np.random.default_rng(20151)
    made = {
        "normal": [_values(fact, free, BATCH, 1.0, random) for fact in facts],
        "wide": [_values(fact, free, BATCH, 10.0, random) for fact in facts],
        "tiny": [_tiny(_values(fact, free, BATCH, 1.0, random), fact) for fact in facts],
        "single": [_values(fact, free, BATCH if one_batch else 1, 2.0, random) for fact in facts],
    }
    if any(fact.padding is not None for fact in facts):
        made["padded"] = [_padded(_values(fact, free, BATCH, 2.0, random), fact) for fact in facts]
    return [
        Case(name, tuple(kinds.thinned(array, fact.kind, random) for array, fact in zip(arrays, facts)))
        for name, arrays in made.items()
    ]


def sampled(path: Path, names: Sequence[str], facts: Sequence[InputFacts]) -> Case:
    """The user's own inputs: one array for each input, under its name or as in0, in1, ... in order.

    A ragged input takes the rows of its array whole.

    Raises `Failure(USAGE)` for a file that is no NPZ or lacks an input.
    """
    hint = f"give an NPZ with the arrays {', '.join(names)}, or in0, in1, ... in that order"
    try:
        with path.open("rb") as content:
            arrays = dict(np.lib.npyio.NpzFile(content, allow_pickle=False))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise Failure(Exit.USAGE, f"{path}: cannot be read as NPZ: {error}", hint) from error
    keys = [name if name in arrays else f"in{index}" for index, name in enumerate(names)]
    missing = [name for name, key in zip(names, keys) if key not in arrays]
    if missing:
        raise Failure(Exit.USAGE, f"{path}: no array for the input {missing[0]}", hint)
    return Case("samples", tuple(kinds.whole(arrays[key], fact.kind) for key, fact in zip(keys, facts)))


def _values(fact: InputFacts, free: int, batch: int, scale: float, random: np.random.Generator) -> np.ndarray:
    shape = tuple(free if size is None else size for size in fact.shape[1:])
    shape = (fact.shape[0] or batch, *shape)
    if fact.values:
        return _drawn(fact, shape, random)
    if fact.ids is not None:
        ids = random.integers(0, fact.ids, shape).astype(fact.dtype)
        ids.flat[: 2 * batch : batch] = (0, fact.ids - 1)[: ids.flat[: 2 * batch : batch].size]
        return ids
    if fact.dtype == "bool":
        return random.random(shape) < 0.5
    if fact.dtype == "string":
        return np.array(random.choice(["a", "the", "zebra", ""], shape), dtype="S")
    if np.dtype(fact.dtype).kind in "iu":
        return random.integers(*fact.span, shape).astype(fact.dtype)
    return (scale * random.standard_normal(shape)).astype(fact.dtype)


def _drawn(fact: InputFacts, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """The values of a fact in random order, again and again if there are fewer than the shape has room for."""
    order = np.resize(random.permutation(len(fact.values)), math.prod(shape))
    kind = object if fact.dtype == "string" else fact.dtype
    return np.array([fact.values[index] for index in order], dtype=kind).reshape(shape)


def _tiny(array: np.ndarray, fact: InputFacts) -> np.ndarray:
    """First sample zero, the others tiny; ids and words stay as they are."""
    if array.dtype.kind != "f" or fact.ids is not None:
        return array
    tiny = array * array.dtype.type(1e-4 if array.dtype == np.float16 else 1e-8)
    tiny[:1] = 0
    return tiny


def _padded(array: np.ndarray, fact: InputFacts) -> np.ndarray:
    """The end of each sequence is padding, of another length in each sample; the last one has a hole as well."""
    if fact.padding is None or array.ndim < 2:
        return array
    length = array.shape[1]
    for sample in range(array.shape[0]):
        array[sample, max(1, length - 1 - 2 * sample) :] = fact.padding
    if length > 3:
        array[-1, 1] = fact.padding
    return array


def input_facts(model: Any) -> list[InputFacts]:
    """Read shapes, dtypes, vocabularies and mask values from a Keras 2.15 model."""
    made = []
    for tensor in model.inputs:
        consumers = list(_consumers(model, tensor))
        ids = min((count for layer in consumers for count in _vocabulary(layer)), default=None)
        pads = [padding for layer in consumers for padding in _padding(layer)]
        values = _acceptable(consumers, tensor.dtype.name, ids)
        shape = tuple(tensor.shape)
        padding = pads[0] if pads else None
        made.append(InputFacts(shape, tensor.dtype.name, ids, padding, values, kinds.kind(tensor)))
    return made


def _acceptable(consumers: Sequence[Any], dtype: str, ids: int | None) -> tuple[Any, ...]:
    """What the lookup layers among the consumers tell apart, as far as the others and the dtype take it."""
    strict = [vocabularies.samples(layer) for layer in consumers if vocabularies.is_strict(layer)]
    found = strict[0] if strict else tuple(value for layer in consumers for value in vocabularies.samples(layer))
    if np.dtype("S" if dtype == "string" else dtype).kind not in "iu":
        return found
    limits = np.iinfo(dtype)
    low, high = (limits.min, limits.max) if ids is None else (0, ids - 1)
    return tuple(value for value in found if low <= value <= high)


def _vocabulary(layer: Any) -> Iterator[int]:
    """How many ids a layer knows; it raises at any other."""
    if type(layer).__name__ == "Embedding":
        yield layer.input_dim
    elif type(layer).__name__ == "CategoryEncoding":
        yield layer.num_tokens


def _padding(layer: Any) -> Iterator[float | bytes]:
    yield from vocabularies.masked(layer)
    if type(layer).__name__ == "Masking":
        yield float(layer.mask_value)
    elif getattr(layer, "mask_zero", False):
        yield 0.0


def _consumers(model: Any, tensor: Any) -> Iterator[Any]:
    """Layers that see the values of an input unchanged or merely rearranged, nested models included."""
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for layer, node in _calls_on(model, current):
            yield from _unwrapped(layer)
            if kinds.is_model(layer):
                waiting.extend(_inner_inputs(layer, node, current))
            elif not layer.weights and type(layer).__name__ not in _REPLACING:
                waiting.extend(_flat(node.outputs))


def _calls_on(model: Any, tensor: Any) -> Iterator[tuple[Any, Any]]:
    for layer in model._flatten_layers(include_self=True):
        for node in layer._inbound_nodes:
            if any(value is tensor for value in node.keras_inputs) and not node.is_input:
                yield layer, node


def _inner_inputs(inner: Any, node: Any, tensor: Any) -> list[Any]:
    given = _flat(node.keras_inputs)
    own = _flat(inner.inputs or [])
    return [own[index] for index, value in enumerate(given) if value is tensor and index < len(own)]


def _unwrapped(layer: Any) -> Iterator[Any]:
    """A layer and what it wraps; of a wrapped model those layers that see its inputs."""
    yield layer
    inner: Any = getattr(layer, "layer", None)
    if kinds.is_model(inner):
        for tensor in inner.inputs or []:
            yield from _consumers(inner, tensor)
    elif inner is not None:
        yield from _unwrapped(inner)


def _flat(structure: Any) -> list[Any]:
    import tensorflow as tf

    flat: list[Any] = tf.nest.flatten(structure)
    return flat
