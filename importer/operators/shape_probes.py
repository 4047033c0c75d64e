"""What the unknown sizes of a tensor would be in two trials: so it is told which of them are the same number.

In each trial every input is given sizes of its own where its shape says None, one for all batches, and the shapes of
everything behind follow from Keras's own shape inference. Two sizes that agree in both trials are one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

TRIALS = 2
Trial = tuple[int, ...]

# Far from what sizes in models are; not both odd, lest an odd number halves without a rest; sparse, so that products
# do not meet.
_BATCH: Trial = (1009, 1402)
_FRESH: Iterator[Trial] = (
    (1013 + 6 * step + step * step, 1426 + 10 * step + 2 * step * step) for step in itertools.count()
)
_KNOWN = "_sizes_in_trials"


def shapes(tensor: Any) -> tuple[Trial, ...]:
    """The sizes of each axis of a symbolic tensor in every trial."""
    waiting = [] if hasattr(tensor, _KNOWN) else [tensor]
    while waiting:
        last = waiting[-1]
        sources = [source for source in node(last).input_tensors if not hasattr(source, _KNOWN)]
        if not sources:
            waiting.pop()
            _try(last)
        waiting.extend(sources)
    known: tuple[Trial, ...] = getattr(tensor, _KNOWN)
    return known


def node(tensor: Any) -> Any:
    """The call a symbolic tensor comes out of."""
    operation, index, _ = tensor._keras_history
    return operation._inbound_nodes[index]


def _try(tensor: Any) -> None:
    """Note the sizes of all tensors that come out of the call this one comes out of."""
    made = node(tensor)
    outputs = [made.output_tensors] if hasattr(made.output_tensors, "shape") else list(made.output_tensors)
    tried = [_outputs(made, number) for number in range(TRIALS)] if made.input_tensors else []
    for place, output in enumerate(outputs):
        found = [shapes[place] for shapes in tried if shapes is not None]
        setattr(output, _KNOWN, _sizes(output, found, is_input=not made.input_tensors))


def _sizes(tensor: Any, found: list[tuple[int | None, ...]], is_input: bool) -> tuple[Trial, ...]:
    """A size for each axis: as declared, as found in every trial, or a number of its own."""
    sizes = []
    for axis, declared in enumerate(tensor.shape):
        tried = tuple(shape[axis] for shape in found if shape[axis] is not None)
        if declared is not None:
            sizes.append((declared,) * TRIALS)
        elif len(tried) == TRIALS:
            sizes.append(tried)
        else:
            sizes.append(_BATCH if is_input and axis == 0 else next(_FRESH))
    return tuple(sizes)


def _outputs(node: Any, number: int) -> list[tuple[int | None, ...]] | None:
    """The shapes of what an operation gives in one trial; None where sizes of several inputs do not go together."""
    import keras

    def tried(value: Any) -> Any:
        if not isinstance(value, keras.KerasTensor):
            return value
        sizes = [size[number] for size in getattr(value, _KNOWN)]
        return keras.KerasTensor(sizes, value.dtype, sparse=value.sparse, ragged=value.ragged)

    args, kwargs = keras.tree.map_structure(tried, (node.arguments.args, node.arguments.kwargs))
    try:
        given = node.operation.compute_output_spec(*args, **kwargs)
    except (ValueError, TypeError):  # sizes of their own, although the model wants them equal
        return None
    return [tuple(spec.shape) for spec in keras.tree.flatten(given)]
