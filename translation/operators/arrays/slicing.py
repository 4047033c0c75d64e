"""Slices: `x[...]` in every form, with indices that may be known only when the model runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from translation.operators import constants, sizes
from translation.operators.arrays.selecting import masked
from translation.operators.operator import defined_in, example, named, renamed, tensor
from translation.operators.symbolic import is_symbolic
from translation.operators.tensor_shapes import shape_of

_ALL = slice(None)


def _getitem(ops: Any, tensor: Any, slice_spec: Any) -> Any:  # noqa: ARG001
    spec = slice_spec if isinstance(slice_spec, (list, tuple)) else [slice_spec]
    return cut(tensor, [_part(part) for part in spec])


def _part(part: Any) -> Any:
    """One part of an index as the JSON of the file has it."""
    if isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__":
        return Ellipsis
    if isinstance(part, Mapping):
        return slice(part["start"], part["stop"], part["step"])
    return part


def cut(tensor: Any, spec: Sequence[Any]) -> Any:
    """A tensor or array indexed by integers, slices, None and Ellipsis, which may contain sizes and tensors."""
    if is_symbolic(tensor) and len(spec) == 1 and _is_mask(spec[0]):
        return masked(tensor, spec[0])
    if any(is_symbolic(part) and (part.dtype == "bool" or part.shape) for part in spec):
        raise ValueError("an index that is a mask or a tensor of several numbers is not supported")
    near = None if is_symbolic(tensor) or sizes.is_dynamic(tensor) else next(map(sizes.as_scalar, _open(spec)), None)
    if near is not None:  # a table, from which the model takes as much as it needs
        tensor = constants.tensor(np.asarray(tensor), near)
    elif not is_symbolic(tensor):
        return np.asarray(tensor, None if not sizes.is_dynamic(tensor) else object)[tuple(map(_plain, spec))]
    parts = _complete(spec, len(tensor.shape))
    axis = 0
    static: list[Any] = []
    for part in parts:
        if part is None:
            static.append(None)
            continue
        tensor, index = _along(tensor, axis, part)
        static.append(index)
        axis += 1
    return tensor if all(part == _ALL for part in static) else tensor[tuple(static)]


def _open(spec: Sequence[Any]) -> Iterator[Any]:
    """The sizes and tensors in an index that are known only when the model runs."""
    for part in spec:
        for end in (part.start, part.stop, part.step) if isinstance(part, slice) else (part,):
            known = _known(end) if is_symbolic(end) or sizes.is_dynamic(end) else 0
            if not isinstance(known, int):
                yield known


def _is_mask(part: Any) -> bool:
    return is_symbolic(part) and part.dtype == "bool" and bool(part.shape)


def _complete(spec: Sequence[Any], rank: int) -> list[Any]:
    """One part for each axis, and None for each new one."""
    parts = list(spec)
    place = next((number for number, part in enumerate(parts) if part is Ellipsis), len(parts))
    missing = rank - sum(part is not None and part is not Ellipsis for part in parts)
    return [*parts[:place], *[_ALL] * missing, *parts[place + 1 :]]


def _plain(part: Any) -> Any:
    """An index into a shape or a constant, which must be of plain numbers."""
    if isinstance(part, slice):
        return slice(*(_number(end) for end in (part.start, part.stop, part.step)))
    return part if part is None or part is Ellipsis else _number(part)


def _number(value: Any) -> int | None:
    if value is None:
        return None
    known = _known(value)
    if not isinstance(known, int):
        raise ValueError("an index into a shape or a constant must be known before the model runs")
    return known


def _known(value: Any) -> Any:
    """The number that a size is whatever the inputs are, if it is one; a tensor or another size as it is."""
    return value if is_symbolic(value) else sizes.resolved(_scalar(value))


def _scalar(value: Any) -> Any:
    """A scalar, also if it came as an array of one element."""
    return value if value is None or is_symbolic(value) else sizes.flat(value)[0]


def _along(tensor: Any, axis: int, part: Any) -> tuple[Any, Any]:
    """The tensor with the run-time part of the index at `axis` applied, and the plain index that is left."""
    from keras import ops

    length = shape_of(tensor)[axis]
    if not isinstance(part, slice):
        index = _settled(_scalar(part), length)
        return (tensor, index) if isinstance(index, int) else (_one(tensor, axis, index), 0)
    step = 1 if part.step is None else _known(part.step)
    start, stop = (_settled(_scalar(end), length) for end in (part.start, part.stop))
    if not all(end is None or isinstance(end, int) for end in (start, stop, step)):
        return ops.take(tensor, _between(length, start, stop, step), axis=axis), _ALL
    stop = None if stop == _AT_END and step > 0 else stop
    if step < 0:  # not every backend supports it
        start, stop = (end if end is None else -(end + 1) for end in (start, stop))
        return ops.flip(tensor, axis), slice(_unless(start, 0), stop, _unless(-step, 1))
    return tensor, slice(_unless(start, 0), stop, _unless(step, 1))


def _one(tensor: Any, axis: int, index: Any) -> Any:
    from keras import ops

    return ops.take(tensor, ops.reshape(sizes.as_scalar(index), (1,)), axis=axis)


def _unless(value: Any, default: int) -> Any:
    return None if value == default else value


def _settled(end: Any, length: Any) -> Any:
    """A number known before the model runs, negative if it is the length minus a number."""
    if not isinstance(end, sizes.Size):
        return end
    end = sizes.resolved(end)
    behind = sizes.resolved(length - end) if isinstance(end, sizes.Size) and end.exact else None
    if not isinstance(behind, int) or behind < 0:
        return end
    return -behind if behind else _AT_END


_AT_END = np.iinfo(np.int32).max


def _between(length: Any, start: Any, stop: Any, step: Any) -> Any:
    """The indices that a slice takes from an axis; its ends and step may be known only when the model runs."""
    from keras import ops

    size, step = sizes.as_scalar(length), sizes.as_scalar(step)
    forward = step > 0
    # The limits of start and stop, forwards and backwards: within the axis or one element beyond.
    lowest, highest = _either(forward, 0, -1), _either(forward, size, size - 1)
    first = _either(forward, lowest, highest) if start is None else _within(start, size, lowest, highest)
    last = _either(forward, highest, lowest) if stop is None else _within(stop, size, lowest, highest)
    count = ops.floor_divide(last - first + step - _either(forward, 1, -1), step)
    places = ops.nonzero(ops.less(sizes.range_of(length), count))[0]
    return ops.add(ops.multiply(ops.cast(places, "int32"), step), first)


def _either(condition: Any, yes: Any, no: Any) -> Any:
    """One of two numbers by a condition that may be symbolic."""
    from keras import ops

    return ops.where(condition, yes, no) if is_symbolic(condition) else yes if condition else no


def _within(end: Any, size: Any, lowest: Any, highest: Any) -> Any:
    """The end of a slice clipped to the axis; a negative one counts from the back."""
    from keras import ops

    end = sizes.as_scalar(end)
    if all(isinstance(number, int) for number in (end, size, lowest, highest)):
        return min(max(end + size if end < 0 else end, lowest), highest)
    return ops.minimum(ops.maximum(_either(end < 0, end + size, end), lowest), highest)


def _strided_slice(  # noqa: PLR0913, PLR0917  (TensorFlow's own signature)
    ops: Any,  # noqa: ARG001
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    starts, stops = _numbers(begin), _numbers(end)
    steps = [1] * len(starts) if strides is None else _numbers(strides)
    spec: list[Any] = []
    for place, (start, stop, step) in enumerate(zip(starts, stops, steps)):
        bit = 1 << place
        if ellipsis_mask & bit:
            spec.append(Ellipsis)
        elif new_axis_mask & bit:
            spec.append(None)
        elif shrink_axis_mask & bit:
            spec.append(start)
        else:
            spec.append(slice(None if begin_mask & bit else start, None if end_mask & bit else stop, step))
    return cut(input_, spec)


def _numbers(value: Any) -> list[Any]:
    """The elements of a begin, end or stride argument, which may be or contain tensors."""
    if is_symbolic(value):
        from keras import ops

        return list(ops.unstack(ops.reshape(value, (-1,))))
    parts = value if isinstance(value, (list, tuple)) else [value]
    return [part for one in parts for part in ([one] if is_symbolic(one) else sizes.flat(one))]


def _slice(ops: Any, input_: Any, begin: Any, size: Any) -> Any:  # noqa: ARG001
    pairs = zip(sizes.flat(begin), sizes.flat(size))
    return cut(input_, [slice(start, None if sizes.is_rest(count) else start + count) for start, count in pairs])


SOURCES = defined_in("ops/array_ops")
OPERATORS = (
    named("__operators__.getitem", "tensor", renamed(_getitem, "tensor slice_spec -var")),
    named(
        "strided_slice",
        "input_",
        renamed(
            _strided_slice,
            "input_ begin end strides begin_mask end_mask ellipsis_mask new_axis_mask shrink_axis_mask -var",
        ),
        example(tensor(4), [0, 1], [0, 3], [1, 2], begin_mask=1, end_mask=1),
        example(tensor(4, 5), [0, -1, 2], [0, 0, 4], ellipsis_mask=1, shrink_axis_mask=2),
        example(tensor(4, 5), [0, 0, 4], [0, 0, 0], [1, 1, -2], begin_mask=3, end_mask=3, new_axis_mask=2),
    ),
    named(
        "slice", "input_", _slice, example(tensor(4), [0, 1], [-1, 2]), example(tensor(4, 5), [0, 2, 1], [-1, -1, 3])
    ),
)
