"""Instructions that build, fill and take apart tuples, lists, sets and dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bytecode.instructions.definition import Handler, count, instruction
from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame
from bytecode.interpreter.operators import key, mapping
from bytecode.refusals import Refused

Depth = Callable[[int], int]
_one_more: Depth = lambda depth: depth + 1  # noqa: E731


@instruction("BUILD_TUPLE", argument="count", pops=count, pushes=1)
def build_tuple(_: Context, frame: Frame, number: int) -> None:
    frame.push(tuple(frame.take(number)))


@instruction("BUILD_LIST", argument="count", pops=count, pushes=1)
def build_list(_: Context, frame: Frame, number: int) -> None:
    frame.push(frame.take(number))


@instruction("BUILD_SET", argument="count", pops=count, pushes=1)
def build_set(context: Context, frame: Frame, number: int) -> None:
    frame.push({key(context, item) for item in frame.take(number)})


@instruction("BUILD_MAP", argument="count", pops=lambda number: 2 * number, pushes=1)
def build_map(context: Context, frame: Frame, number: int) -> None:
    flat = frame.take(2 * number)
    frame.push({key(context, name): value for name, value in zip(flat[::2], flat[1::2])})


@instruction("BUILD_CONST_KEY_MAP", argument="count", pops=_one_more, pushes=1)
def build_const_key_map(context: Context, frame: Frame, number: int) -> None:
    *values, keys = frame.take(number + 1)
    if not isinstance(keys, tuple) or len(keys) != number:
        raise Refused("a dictionary without its keys")
    frame.push({key(context, name): value for name, value in zip(keys, values)})


@instruction("BUILD_SLICE", argument="lowered", pops=count, pushes=1)
def build_slice(_: Context, frame: Frame, number: int) -> None:
    frame.push(slice(*frame.take(number)))


@instruction("LIST_TO_TUPLE", pops=1, pushes=1)
def list_to_tuple(context: Context, frame: Frame, _: None) -> None:
    frame.push(tuple(context.collect(frame.pop())))


@instruction("BUILD_MAP_UNPACK", argument="count", pops=count, pushes=1)
def build_map_unpack(_: Context, frame: Frame, number: int) -> None:
    """`{**a, **b}`."""
    frame.push({name: value for part in frame.take(number) for name, value in mapping(part).items()})


def _build_unpack(build: Callable[[Context, list[Any]], Any]) -> Handler:
    """`[*a, *b]`."""

    def handler(context: Context, frame: Frame, number: int) -> None:
        items = [item for part in frame.take(number) for item in context.collect(part)]
        context.budget.sized(len(items))
        frame.push(build(context, items))

    return handler


def _set_of(context: Context, items: list[Any]) -> set[Any]:
    return {key(context, item) for item in items}


_UNPACKED: dict[str, Callable[[Context, list[Any]], Any]] = {
    "BUILD_LIST_UNPACK": lambda _, items: items,
    "BUILD_TUPLE_UNPACK": lambda _, items: tuple(items),
    "BUILD_SET_UNPACK": _set_of,
}
BUILD_UNPACK = tuple(
    instruction(name, argument="count", pops=count, pushes=1)(_build_unpack(build)) for name, build in _UNPACKED.items()
)


def _filled(frame: Frame, depth: int, kind: type) -> Any:
    """The container that a comprehension fills."""
    container = frame.peek(depth)
    if not isinstance(container, kind):
        raise Refused(f"{type(container).__name__} in place of a {kind.__name__}")
    return container


@instruction("LIST_APPEND", argument="count", pops=_one_more, pushes=count)
def list_append(context: Context, frame: Frame, depth: int) -> None:
    item = frame.pop()
    items = _filled(frame, depth, list)
    items.append(item)
    context.budget.sized(len(items))


@instruction("SET_ADD", argument="count", pops=_one_more, pushes=count)
def set_add(context: Context, frame: Frame, depth: int) -> None:
    item = key(context, frame.pop())
    _filled(frame, depth, set).add(item)


@instruction("MAP_ADD", argument="count", pops=lambda depth: depth + 2, pushes=count)
def map_add(context: Context, frame: Frame, depth: int) -> None:
    name, value = frame.take(2)
    _filled(frame, depth, dict)[key(context, name)] = value


@instruction("STORE_MAP", pops=3, pushes=1)
def store_map(context: Context, frame: Frame, _: None) -> None:
    value, name = frame.take(2)
    _filled(frame, 1, dict)[key(context, name)] = value


@instruction("LIST_EXTEND", argument="count", pops=_one_more, pushes=count)
def list_extend(context: Context, frame: Frame, depth: int) -> None:
    more = context.collect(frame.pop())
    items = _filled(frame, depth, list)
    context.budget.sized(len(items) + len(more))
    items.extend(more)


@instruction("SET_UPDATE", argument="count", pops=_one_more, pushes=count)
def set_update(context: Context, frame: Frame, depth: int) -> None:
    items = context.collect(frame.pop())
    _filled(frame, depth, set).update(key(context, item) for item in items)


@instruction("DICT_UPDATE", argument="count", pops=_one_more, pushes=count)
def dict_update(_: Context, frame: Frame, depth: int) -> None:
    items = mapping(frame.pop())
    _filled(frame, depth, dict).update(items)


@instruction("UNPACK_SEQUENCE", argument="count", pops=1, pushes=count)
def unpack_sequence(context: Context, frame: Frame, number: int) -> None:
    items = context.collect(frame.pop())
    if len(items) != number:
        raise Refused(f"{len(items)} values are unpacked into {number} variables")
    frame.stack += reversed(items)


@instruction("UNPACK_EX", argument="lowered", pops=1, pushes=lambda counts: sum(counts) + 1)
def unpack_ex(context: Context, frame: Frame, counts: tuple[int, int]) -> None:
    """`a, *b, c = items`: how many variables are before the list, and how many behind it."""
    before, after = counts
    items = context.collect(frame.pop())
    if len(items) < before + after:
        raise Refused(f"{len(items)} values are unpacked into {before + after} variables and more")
    end = len(items) - after
    frame.stack += reversed([*items[:before], items[before:end], *items[end:]])
