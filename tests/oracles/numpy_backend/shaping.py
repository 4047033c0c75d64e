"""Functions that move, repeat, choose and make numbers without calculating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bytecode.refusals import Refused
from interchange.tensors import Array
from tests.oracles.numpy_backend.tensors import Tensor, TopK, array, arrays, axes, room, size, sizes, table


def _item(tensor: Any, slice_spec: Any) -> Array:
    """`tensor[...]`; a list of places means the same as a tuple of them."""
    spec = tuple(slice_spec) if isinstance(slice_spec, (list, tuple)) else (slice_spec,)
    if len(spec) == 1 and isinstance(spec[0], Tensor) and spec[0].array.dtype == bool:
        return np.asarray(array(tensor)[spec[0].array])
    return np.asarray(array(tensor)[tuple(map(_place, spec))])


def _place(part: Any) -> Any:
    if isinstance(part, slice):
        return slice(*(None if end is None else size(end) for end in (part.start, part.stop, part.step)))
    return part if part is None or part is ... else size(part)


def _reshape(tensor: Any, shape: Any, **_: Any) -> Array:
    return array(tensor).reshape(sizes(shape))


def _transpose(a: Any, perm: Any = None, **_: Any) -> Array:
    return np.transpose(array(a), None if perm is None else sizes(perm))


def _expand(x: Any, axis: Any = -1, **_: Any) -> Array:
    return np.expand_dims(array(x), size(axis))


def _squeeze(x: Any, axis: Any = None, **_: Any) -> Array:
    return np.squeeze(array(x), axes(axis))


def _concatenate(values: Sequence[Any], axis: Any = -1, **_: Any) -> Array:
    found = arrays(*values)
    room((sum(item.size for item in found),))
    return np.concatenate(found, size(axis))


def _stack(values: Sequence[Any], axis: Any = 0, **_: Any) -> Array:
    found = arrays(*values)
    room((sum(item.size for item in found),))
    return np.stack(found, size(axis))


def _unstack(value: Any, num: Any = None, axis: Any = 0, **_: Any) -> list[Array]:
    found = np.moveaxis(array(value), size(axis), 0)
    if num is not None and num != len(found):
        raise ValueError(f"num={num}")
    return list(found)


def _split(value: Any, num_or_size_splits: Any, axis: Any = 0, **_: Any) -> list[Array]:
    found, where = array(value), size(axis)
    if not isinstance(num_or_size_splits, (list, tuple, Tensor)):
        return np.split(found, size(num_or_size_splits), where)
    parts = list(sizes(num_or_size_splits))
    if -1 in parts:
        parts[parts.index(-1)] = found.shape[where] - sum(parts) - 1
    if sum(parts) != found.shape[where]:
        raise ValueError(f"parts of {parts}")
    return np.split(found, np.cumsum(parts)[:-1], where)


def _tile(input: Any, multiples: Any, **_: Any) -> Array:  # noqa: A002
    found, times = array(input), sizes(multiples)
    if len(times) != found.ndim:
        raise ValueError(f"{len(times)} repeats of {found.ndim} axes")
    room((found.size, *times))
    return np.tile(found, times)


def _keras_tile(x: Any, n: Any) -> Array:
    return _tile(x, [n] if isinstance(n, int) else n)


def _repeat(input: Any, repeats: Any, axis: Any = None, **_: Any) -> Array:  # noqa: A002
    found, times = array(input), np.asarray(array(repeats))
    room((found.size, int(np.max(times))))
    return np.repeat(found, times, axes(axis))


def _keras_repeat(x: Any, n: Any) -> Array:
    return _repeat(np.expand_dims(array(x), 1), n, 1)


def _slice(input_: Any, begin: Any, size: Any, **_: Any) -> Array:
    starts, counts = sizes(begin), sizes(size)
    found = array(input_)
    parts = [slice(s, dim if n == -1 else s + n) for s, n, dim in zip(starts, counts, found.shape)]
    return np.asarray(found[tuple(parts)])


def _gather(params: Any, indices: Any, axis: Any = 0, batch_dims: int = 0, **_: Any) -> Array:
    if batch_dims:
        raise Refused("gather with batch_dims", "gather")
    found, places = array(params), array(indices)
    room((places.size, found.size // max(found.shape[size(axis or 0)], 1)))
    return np.take(found, places, size(axis or 0))


def _one_hot(indices: Any, depth: Any, axis: Any = -1, dtype: str | None = None, **_: Any) -> Array:
    places, count = array(indices), size(depth)
    room((places.size, count))
    chosen = np.expand_dims(places, size(axis)) == np.arange(count).reshape(_along(places.ndim + 1, size(axis), count))
    return np.asarray(chosen).astype(dtype or np.float32)


def _along(rank: int, axis: int, count: int) -> list[int]:
    return [count if place == axis % rank else 1 for place in range(rank)]


def _pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, **_: Any) -> Array:
    found, widths = array(tensor), [sizes(pair) for pair in paddings]
    room(dim + sum(pair) for dim, pair in zip(found.shape, widths))
    if mode.upper() == "CONSTANT":
        return np.pad(found, widths, constant_values=array(constant_values).astype(found.dtype).item())
    return np.pad(found, widths, mode={"REFLECT": "reflect", "SYMMETRIC": "symmetric"}[mode.upper()])  # type: ignore[call-overload, no-any-return]


def _fill(dims: Any, value: Any, **_: Any) -> Array:
    room(sizes(dims))
    return np.full(sizes(dims), array(value))


def _zeros(shape: Any, dtype: str | None = None, **_: Any) -> Array:
    room(sizes(shape))
    return np.zeros(sizes(shape), dtype or np.float32)


def _ones(shape: Any, dtype: str | None = None, **_: Any) -> Array:
    return _zeros(shape, dtype) + np.ones((), dtype or np.float32)


def _linspace(start: Any, stop: Any, num: Any, axis: Any = 0) -> Array:
    first, last = arrays(start, stop)
    room((size(num), first.size, last.size))
    return np.linspace(first, last, size(num), axis=size(axis), dtype=first.dtype)


def _meshgrid(*args: Any, indexing: Any = "xy") -> list[Array]:
    found = arrays(*args)
    room((len(found), *(item.size for item in found)))
    return list(np.meshgrid(*found, indexing=indexing))


def _eye(num_rows: Any, num_columns: Any = None, batch_shape: Any = (), dtype: str | None = None) -> Array:
    rows, columns = size(num_rows), size(num_rows if num_columns is None else num_columns)
    batch = sizes(() if batch_shape is None else batch_shape)
    room((*batch, rows, columns))
    return np.broadcast_to(np.eye(rows, columns, dtype=dtype or np.float32), (*batch, rows, columns))


def _range(start: Any, limit: Any = None, delta: Any = 1, dtype: str | None = None, **_: Any) -> Array:
    begin, end, step = (array(part).item() for part in ((0, start, delta) if limit is None else (start, limit, delta)))
    room((int((end - begin) / step) + 1 if step else 0,))
    whole = all(isinstance(part, int) for part in (begin, end, step))
    return np.arange(begin, end, step).astype(dtype or (np.int32 if whole else np.float32))


def _constant(value: Any, dtype: str | None = None, shape: Any = None, **_: Any) -> Array:
    found = array(value).astype(dtype) if dtype else array(value)
    return (
        found if shape is None else np.broadcast_to(found.reshape(-1)[:1] if found.size == 1 else found, sizes(shape))
    )


def _keras_constant(value: Any, dtype: str | None = None, shape: Any = None, **_: Any) -> Array:
    return _constant(value, dtype or "float32", shape)


def _broadcast(input: Any, shape: Any, **_: Any) -> Array:  # noqa: A002
    room(sizes(shape))
    return np.broadcast_to(array(input), sizes(shape))


def _sort(values: Any, axis: Any = -1, direction: str = "ASCENDING", **_: Any) -> Array:
    found = np.sort(array(values), size(axis))
    return np.flip(found, size(axis)) if direction == "DESCENDING" else found


def _argsort(values: Any, axis: Any = -1, direction: str = "ASCENDING", **_: Any) -> Array:
    found = array(values)
    return np.argsort(-found if direction == "DESCENDING" else found, size(axis), kind="stable").astype(np.int32)


def _top_k(input: Any, k: Any = 1, **_: Any) -> TopK:  # noqa: A002
    """The largest numbers, and of equal ones the first."""
    found = array(input)
    places = np.argsort(-found, -1, kind="stable")[..., : size(k)]
    return TopK(np.take_along_axis(found, places, -1), places.astype(np.int32))


def _shape(x: Any, **_: Any) -> Array:
    return np.asarray(array(x).shape, np.int32)


FUNCTIONS = table({
    "__operators__.getitem": _item,
    "reshape keras.backend.reshape": _reshape,
    "transpose keras.backend.transpose": _transpose,
    "keras.backend.permute_dimensions": lambda x, pattern: _transpose(x, perm=pattern),
    "expand_dims keras.backend.expand_dims": _expand,
    "squeeze keras.backend.squeeze": _squeeze,
    "concat": _concatenate,
    "keras.backend.concatenate": lambda tensors, axis=-1: _concatenate(tensors, axis),
    "stack": _stack,
    "keras.backend.stack": lambda x, axis=0: _stack(x, axis),
    "unstack": _unstack,
    "split": _split,
    "tile": _tile,
    "keras.backend.tile": _keras_tile,
    "repeat": _repeat,
    "keras.backend.repeat": _keras_repeat,
    "keras.backend.repeat_elements": lambda x, rep, axis: _repeat(x, repeats=rep, axis=axis),
    "slice": _slice,
    "keras.backend.slice": lambda x, start, size: _slice(x, begin=start, size=size),
    "gather": _gather,
    "keras.backend.gather": lambda reference, indices: _gather(params=reference, indices=indices),
    "one_hot": _one_hot,
    "keras.backend.one_hot": lambda indices, num_classes: _one_hot(indices, depth=num_classes),
    "pad": _pad,
    "keras.backend.temporal_padding": lambda x, padding=(1, 1): _pad(x, [(0, 0), padding, (0, 0)]),
    "fill": _fill,
    "zeros keras.backend.zeros": _zeros,
    "ones keras.backend.ones": _ones,
    "eye linalg.eye": _eye,
    "keras.backend.eye": lambda size, dtype=None: _eye(size, dtype=dtype),
    "linspace": _linspace,
    "meshgrid": _meshgrid,
    "range": _range,
    "keras.backend.arange": lambda start, stop=None, step=1, dtype="int32": _range(start, stop, step, dtype),
    "constant": _constant,
    "keras.backend.constant": _keras_constant,
    "broadcast_to": _broadcast,
    "reverse": lambda tensor, axis, **_: np.flip(array(tensor), axes(axis)),
    "keras.backend.reverse": lambda x, axes: np.flip(array(x), sizes(axes)),
    "roll": lambda input, shift, axis, **_: np.roll(array(input), axes(shift), axes(axis)),  # noqa: A006
    "sort": _sort,
    "argsort": _argsort,
    "math.top_k nn.top_k": _top_k,
    "keras.backend.flatten": lambda x: array(x).reshape(-1),
    "keras.backend.batch_flatten": lambda x: array(x).reshape(len(array(x)), -1),
    "shape keras.backend.shape": _shape,
    "size": lambda input, **_: np.asarray(array(input).size, np.int32),  # noqa: A006
    "rank": lambda input, **_: np.asarray(array(input).ndim, np.int32),  # noqa: A006
})  # fmt: skip
