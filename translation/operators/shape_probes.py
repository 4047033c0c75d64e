"""Which unknown sizes of tensors are the same number, found by probing the graph with two sets of numbers.

In each set, every None in the shape of an input is replaced by a number of its own, and all batch sizes by one number;
Keras's own shape inference computes the other shapes. Two sizes that are equal in both sets are taken for the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from translation.operators.symbolic import node

COUNT = 2
Probes = tuple[int, ...]
"""The value of one size in each set."""

# Unlike sizes in real models; not both odd, so that a half rounds in one set at most; sparse, so that products differ.
_BATCH: Probes = (1009, 1402)
_FRESH: Iterator[Probes] = (
    (1013 + 6 * step + step * step, 1426 + 10 * step + 2 * step * step) for step in itertools.count()
)
_KNOWN = "_probed_sizes"


def shapes(tensor: Any) -> tuple[Probes, ...]:
    """The probed size of each axis of a symbolic tensor."""
    waiting = [] if hasattr(tensor, _KNOWN) else [tensor]
    while waiting:
        last = waiting[-1]
        sources = [source for source in node(last).input_tensors if not hasattr(source, _KNOWN)]
        if not sources:
            waiting.pop()
            _probe(last)
        waiting.extend(sources)
    known: tuple[Probes, ...] = getattr(tensor, _KNOWN)
    return known


def _probe(tensor: Any) -> None:
    """Set the probed sizes of all outputs of the call that returned this tensor."""
    call = node(tensor)
    outputs = [call.output_tensors] if hasattr(call.output_tensors, "shape") else list(call.output_tensors)
    shapes_by_set = [_outputs(call, number) for number in range(COUNT)] if call.input_tensors else []
    for place, output in enumerate(outputs):
        inferred = [shapes[place] for shapes in shapes_by_set if shapes is not None]
        setattr(output, _KNOWN, _sizes(output, inferred, is_input=not call.input_tensors))


def _sizes(tensor: Any, inferred: list[tuple[int | None, ...]], is_input: bool) -> tuple[Probes, ...]:
    """A size for each axis: as declared, as inferred in every set, or a number of its own."""
    sizes = []
    for axis, declared in enumerate(tensor.shape):
        probes = tuple(shape[axis] for shape in inferred if shape[axis] is not None)
        if declared is not None:
            sizes.append((declared,) * COUNT)
        elif len(probes) == COUNT:
            sizes.append(probes)
        else:
            sizes.append(_BATCH if is_input and axis == 0 else next(_FRESH))
    return tuple(sizes)


def _outputs(node: Any, number: int) -> list[tuple[int | None, ...]] | None:
    """The output shapes of an operation in one set; None if the sizes of its inputs do not fit together."""
    import keras

    def probed(value: Any) -> Any:
        if not isinstance(value, keras.KerasTensor):
            return value
        sizes = [size[number] for size in getattr(value, _KNOWN)]
        return keras.KerasTensor(sizes, value.dtype, sparse=value.sparse, ragged=value.ragged)

    args, kwargs = keras.tree.map_structure(probed, (node.arguments.args, node.arguments.kwargs))
    try:
        specs = node.operation.compute_output_spec(*args, **kwargs)
    except (ValueError, TypeError):  # sizes of their own, although the model wants them equal
        return None
    return [tuple(spec.shape) for spec in keras.tree.flatten(specs)]
