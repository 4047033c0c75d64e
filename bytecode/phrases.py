"""Expressions as text, with no more parentheses than they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from bytecode.code import Code

LAMBDA, CONDITION, OR, AND, NOT, COMPARISON, UNARY, POWER, ATOM = 0, 1, 2, 3, 4, 5, 12, 13, 15
_BINARY = {"|": 6, "^": 7, "&": 8, "<<": 9, ">>": 9, "+": 10, "-": 10, "*": 11, "/": 11, "//": 11, "%": 11, "@": 11}


class Phrase(NamedTuple):
    """The text of an expression, how strongly it holds together, and the names it speaks of."""

    text: str
    strength: int = ATOM
    names: frozenset[str] = frozenset()
    parts: tuple[Any, ...] = ()  # of a tuple, slice or function, for those who write it in another way

    def within(self, strength: int) -> str:
        return self.text if self.strength >= strength else f"({self.text})"


def spoken(*phrases: Phrase) -> frozenset[str]:
    return frozenset().union(*(phrase.names for phrase in phrases))


def name(text: str) -> Phrase:
    return Phrase(text, ATOM, frozenset({text}))


def constant(value: Any) -> Phrase:
    if isinstance(value, Code):
        return Phrase(value.name, ATOM, frozenset(), (value,))
    if value is ...:
        return Phrase("...")
    if isinstance(value, tuple):
        return sequence("(", ")", [constant(item) for item in value])
    text = repr(value)
    if text in ("inf", "-inf", "nan"):
        return Phrase(f"float({text!r})")
    return Phrase(text, UNARY if text.startswith("-") else ATOM, frozenset(), (value,))


def binary(sign: str, left: Phrase, right: Phrase) -> Phrase:
    said = sign[0] if sign == "/2" else sign
    names = spoken(left, right)
    if sign == "**":
        return Phrase(f"{left.within(POWER + 1)} ** {right.within(UNARY)}", POWER, names)
    strength = _BINARY[said]
    return Phrase(f"{left.within(strength)} {said} {right.within(strength + 1)}", strength, names)


def unary(sign: str, value: Phrase) -> Phrase:
    if sign == "not":
        return Phrase(f"not {value.within(NOT)}", NOT, value.names)
    return Phrase(sign + value.within(UNARY), UNARY, value.names)


def comparison(sign: str, left: Phrase, right: Phrase) -> Phrase:
    text = f"{left.within(COMPARISON + 1)} {sign} {right.within(COMPARISON + 1)}"
    return Phrase(text, COMPARISON, spoken(left, right))


def sequence(opening: str, closing: str, items: Sequence[Phrase]) -> Phrase:
    comma = "," if opening == "(" and len(items) == 1 else ""
    text = ", ".join(item.within(CONDITION) for item in items)
    kind: tuple[Any, ...] = (opening, tuple(items))
    return Phrase(f"{opening}{text}{comma}{closing}", ATOM, spoken(*items), kind)


def piece(parts: Sequence[Phrase]) -> Phrase:
    """`start:stop:step` within brackets, and a call of `slice` everywhere else."""
    texts = ["" if part.text == "None" else part.within(CONDITION) for part in parts]
    call = f"slice({', '.join(part.text for part in parts)})"
    return Phrase(
        call, ATOM, spoken(*parts), ("slice", ":".join(texts[:2]) + (f":{texts[2]}" if len(texts) > 2 else ""))
    )


def subscript(owner: Phrase, key: Phrase) -> Phrase:
    if key.parts[:1] == ("(",) and key.parts[1]:
        inner = ", ".join(map(_index, key.parts[1])) + ("," if len(key.parts[1]) == 1 else "")
    else:
        inner = _index(key)
    return Phrase(f"{owner.within(ATOM)}[{inner}]", ATOM, spoken(owner, key))


def _index(key: Phrase) -> str:
    return str(key.parts[1]) if key.parts[:1] == ("slice",) else key.text


def attribute(owner: Phrase, attribute_name: str) -> Phrase:
    number = owner.parts[:1] and isinstance(owner.parts[0], (int, float))
    return Phrase(
        f"({owner.text}).{attribute_name}" if number else f"{owner.within(ATOM)}.{attribute_name}", ATOM, owner.names
    )


def call(target: Phrase, args: Sequence[Phrase], named: Sequence[tuple[str, Phrase]] = ()) -> Phrase:
    texts = [arg.within(CONDITION) for arg in args] + [f"{key}={value.within(CONDITION)}" for key, value in named]
    names = spoken(target, *args, *(value for _, value in named))
    return Phrase(f"{target.within(ATOM)}({', '.join(texts)})", ATOM, names)
