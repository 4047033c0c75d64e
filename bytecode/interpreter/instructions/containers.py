"""Instructions that build, fill and take apart tuples, lists, sets and dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bytecode.interpreter.arithmetic import plainly
from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame
from bytecode.refusals import Refused, Unknown

_HASHED = 1 << 60  # from the next power of two on, different numbers have the same hash
Handler = Callable[[Context, Frame, Any], None]


def key(context: Context, value: Any) -> Any:
    """A value that may be a key: Python would follow it to the bottom."""
    if context.is_tensor(value):
        raise Refused("a tensor as a key of a dictionary or set", "[]")
    context.budget.walk(value)
    if _is_long(value):
        raise Unknown("a number as a key that is larger than any model needs", "{}")
    plainly("{}", hash, value)
    return value


def _is_long(value: Any) -> bool:
    """Whether there is a number in it that may have the same hash as many others, which all were gone through then."""
    if isinstance(value, (tuple, frozenset)):
        return any(map(_is_long, value))
    return isinstance(value, int) and abs(value) >= _HASHED


def _tuple(_: Context, frame: Frame, count: int) -> None:
    frame.push(tuple(frame.take(count)))


def _list(_: Context, frame: Frame, count: int) -> None:
    frame.push(frame.take(count))


def _set(context: Context, frame: Frame, count: int) -> None:
    frame.push({key(context, item) for item in frame.take(count)})


def _map(context: Context, frame: Frame, count: int) -> None:
    flat = frame.take(2 * count)
    frame.push({key(context, name): value for name, value in zip(flat[::2], flat[1::2])})


def _named_map(context: Context, frame: Frame, count: int) -> None:
    *values, keys = frame.take(count + 1)
    if not isinstance(keys, tuple) or len(keys) != count:
        raise Refused("a dictionary without its keys")
    frame.push({key(context, name): value for name, value in zip(keys, values)})


def _slice(_: Context, frame: Frame, count: int) -> None:
    frame.push(slice(*frame.take(count)))


def _to_tuple(context: Context, frame: Frame, _: None) -> None:
    frame.push(tuple(context.collect(frame.pop())))


def _joined(context: Context, frame: Frame, kind_and_count: tuple[str, int]) -> None:
    """`[*a, *b]` and its like."""
    kind, count = kind_and_count
    parts = frame.take(count)
    if kind == "dict":
        frame.push({name: value for part in parts for name, value in mapping(part).items()})
    else:
        items = [item for part in parts for item in context.collect(part)]
        context.budget.sized(len(items))
        frame.push(
            {key(context, item) for item in items} if kind == "set" else tuple(items) if kind == "tuple" else items
        )


def mapping(value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise Refused(f"{type(value).__name__} in place of a dictionary")
    return value


def _target(frame: Frame, depth: int, kind: type) -> Any:
    """The container that a comprehension fills."""
    found = frame.peek(depth)
    if not isinstance(found, kind):
        raise Refused(f"{type(found).__name__} in place of a {kind.__name__}")
    return found


def _list_append(context: Context, frame: Frame, depth: int) -> None:
    item = frame.pop()
    found = _target(frame, depth, list)
    found.append(item)
    context.budget.sized(len(found))


def _set_add(context: Context, frame: Frame, depth: int) -> None:
    item = key(context, frame.pop())
    _target(frame, depth, set).add(item)


def _map_add(context: Context, frame: Frame, depth: int) -> None:
    name, value = frame.take(2)
    _target(frame, depth, dict)[key(context, name)] = value


def _map_add_reversed(context: Context, frame: Frame, depth: int) -> None:
    value, name = frame.take(2)
    _target(frame, depth, dict)[key(context, name)] = value


def _store_map(context: Context, frame: Frame, _: None) -> None:
    value, name = frame.take(2)
    _target(frame, 1, dict)[key(context, name)] = value


def _list_extend(context: Context, frame: Frame, depth: int) -> None:
    items = context.collect(frame.pop())
    found = _target(frame, depth, list)
    context.budget.sized(len(found) + len(items))
    found.extend(items)


def _set_update(context: Context, frame: Frame, depth: int) -> None:
    items = context.collect(frame.pop())
    _target(frame, depth, set).update(key(context, item) for item in items)


def _dict_update(_: Context, frame: Frame, depth: int) -> None:
    items = mapping(frame.pop())
    _target(frame, depth, dict).update(items)


def _store_subscript(context: Context, frame: Frame, _: None) -> None:
    value, owner, place = frame.take(3)
    if isinstance(owner, np.ndarray) and not context.is_tensor(value):
        context.budget.walk(place, value)
        context.budget.shaped(owner.size)
        plainly("[]=", owner.__setitem__, place, value)
        return
    if not isinstance(owner, (list, dict)) or isinstance(place, slice):
        raise Refused(f"assignment to an item of {type(owner).__name__}", "[]=")
    plainly("[]=", owner.__setitem__, key(context, place), value)


def _unpack(context: Context, frame: Frame, count: int) -> None:
    items = context.collect(frame.pop())
    if len(items) != count:
        raise Refused(f"{len(items)} values are unpacked into {count} variables")
    frame.stack += reversed(items)


def _unpack_more(context: Context, frame: Frame, counts: tuple[int, int]) -> None:
    """`a, *b, c = items`."""
    before, after = counts
    items = context.collect(frame.pop())
    if len(items) < before + after:
        raise Refused(f"{len(items)} values are unpacked into {before + after} variables and more")
    end = len(items) - after
    frame.stack += reversed([*items[:before], items[before:end], *items[end:]])


HANDLERS: dict[str, Handler] = {
    "BUILD_TUPLE": _tuple,
    "BUILD_LIST": _list,
    "BUILD_SET": _set,
    "BUILD_MAP": _map,
    "BUILD_NAMED_MAP": _named_map,
    "BUILD_SLICE": _slice,
    "TO_TUPLE": _to_tuple,
    "JOIN": _joined,
    "LIST_APPEND": _list_append,
    "SET_ADD": _set_add,
    "MAP_ADD": _map_add,
    "MAP_ADD_REVERSED": _map_add_reversed,
    "STORE_MAP": _store_map,
    "LIST_EXTEND": _list_extend,
    "SET_UPDATE": _set_update,
    "DICT_UPDATE": _dict_update,
    "STORE_SUBSCRIPT": _store_subscript,
    "UNPACK": _unpack,
    "UNPACK_MORE": _unpack_more,
}
