"""The stack of values as a stack of expressions, and the instructions that only put values there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bytecode import phrases
from bytecode.code import Code
from bytecode.phrases import Phrase


class Unsaid(Exception):
    """There are no simple words for this."""


@dataclass
class Stack:
    """What a stretch of code has said and not used yet; None is the null below what is called."""

    code: Code
    phrases: list[Phrase | None] = field(default_factory=list)

    def push(self, phrase: Phrase) -> None:
        """Put an expression on top."""
        self.phrases.append(phrase)

    def pop(self) -> Phrase:
        """Take the uppermost expression."""
        found = self.phrases.pop() if self.phrases else None
        if found is None:
            raise Unsaid
        return found

    def take(self, count: int) -> list[Phrase]:
        """The uppermost ones, in the order in which they were put there."""
        return [self.pop() for _ in range(count)][::-1]

    def null(self) -> None:
        """Take the null below a call; those of comprehensions have none, and no simple words."""
        if not self.phrases or self.phrases.pop() is not None:
            raise Unsaid


def _const(stack: Stack, number: int) -> None:
    stack.push(phrases.constant(stack.code.consts[number]))


def _null(stack: Stack, _: None) -> None:
    stack.phrases.append(None)


def _named(stack: Stack, name: str) -> None:
    stack.push(phrases.name(name))


def _list_extend(stack: Stack, depth: int) -> None:
    """A list of constants, which 3.9 and later make of an empty one and a tuple."""
    found, items = stack.take(2) if depth == 1 else (Phrase(""), Phrase(""))
    if found.text != "[]" or items.parts[:1] != ("(",):
        raise Unsaid
    stack.push(phrases.sequence("[", "]", items.parts[1]))


def _slice(stack: Stack, bits: int) -> None:
    """Python 2's own slices."""
    stop = stack.pop() if bits & 2 else Phrase("None")
    start = stack.pop() if bits & 1 else Phrase("None")
    stack.push(phrases.subscript(stack.pop(), phrases.piece([start, stop])))


def _build_slice(stack: Stack, count: int) -> None:
    stack.push(phrases.piece(stack.take(count)))


def _swap(stack: Stack, depth: int) -> None:
    if not 0 < depth <= len(stack.phrases):
        raise Unsaid
    stack.phrases[-depth], stack.phrases[-1] = stack.phrases[-1], stack.phrases[-depth]


def _call(stack: Stack, count: int) -> None:
    target, *args = stack.take(count + 1)
    stack.push(phrases.call(target, args))


def _call_named(stack: Stack, count: int) -> None:
    target, *values, names = stack.take(count + 2)
    stack.push(_call_with(target, values, names))


def _call_bound(stack: Stack, count: int) -> None:
    args = stack.take(count)
    target = stack.pop()
    stack.null()
    stack.push(phrases.call(target, args))


def _call_named_bound(stack: Stack, count: int) -> None:
    *values, names = stack.take(count + 1)
    target = stack.pop()
    stack.null()
    stack.push(_call_with(target, values, names))


def _call_with(target: Phrase, values: Sequence[Phrase], names: Phrase) -> Phrase:
    if names.parts[:1] != ("(",):
        raise Unsaid
    keys = [_word(key) for key in names.parts[1]]
    plain = len(values) - len(keys)
    if plain < 0:
        raise Unsaid
    return phrases.call(target, values[:plain], list(zip(keys, values[plain:])))


def _call_pairs(stack: Stack, counts: tuple[int, int, int, int]) -> None:
    if counts[2] or counts[3]:
        raise Unsaid
    flat = stack.take(2 * counts[1])
    target, *args = stack.take(counts[0] + 1)
    stack.push(phrases.call(target, args, [(_word(key), value) for key, value in zip(flat[::2], flat[1::2])]))


def _word(phrase: Phrase) -> str:
    """The name of an argument, which is a constant text."""
    if not phrase.parts or not isinstance(phrase.parts[0], str) or not phrase.parts[0].isidentifier():
        raise Unsaid
    return phrase.parts[0]


def _pushing(make: Callable[..., Phrase], count: int) -> Callable[[Stack, Any], None]:
    """An instruction that makes one expression of the uppermost ones."""
    return lambda stack, argument: stack.push(make(argument, *stack.take(count)))


def _gathering(opening: str, closing: str) -> Callable[[Stack, int], None]:
    return lambda stack, count: stack.push(phrases.sequence(opening, closing, stack.take(count)))


EXPRESSIONS: Mapping[str, Callable[[Stack, Any], None]] = {
    "CONST": _const,
    "NULL": _null,
    "FAST": _named,
    "GLOBAL": _named,
    "DEREF": _named,
    "CLOSURE": _named,
    "UNARY": _pushing(phrases.unary, 1),
    "BINARY": _pushing(phrases.binary, 2),
    "COMPARE": _pushing(phrases.comparison, 2),
    "ATTRIBUTE": _pushing(lambda name, owner: phrases.attribute(owner, name), 1),
    "SUBSCRIPT": _pushing(lambda _, owner, key: phrases.subscript(owner, key), 2),
    "SLICE": _slice,
    "BUILD_SLICE": _build_slice,
    "BUILD_TUPLE": _gathering("(", ")"),
    "BUILD_LIST": _gathering("[", "]"),
    "LIST_EXTEND": _list_extend,
    "SWAP": _swap,
    "CALL": _call,
    "CALL_NAMED": _call_named,
    "CALL_BOUND": _call_bound,
    "CALL_NAMED_BOUND": _call_named_bound,
    "CALL_PAIRS": _call_pairs,
}
"""By instruction, what it does to the stack."""
