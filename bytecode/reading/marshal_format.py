"""Reads the marshal format of Python 2.7 and 3.4 to 3.13 as data, with limits on everything.

Python's own `marshal` trusts its input. This reader builds only numbers, strings, tuples and `Compiled` objects, runs
nothing, and never allocates memory that the input merely claims to need.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bytecode.reading.code_objects import LAYOUTS, Compiled, Layout
from bytecode.refusals import Unreadable

MAX_BYTES = 1 << 22
MAX_DEPTH = 40
MAX_VALUES = 200_000  # counted as if nothing were shared: references to references grow without bound otherwise
MAX_BITS = 1 << 12
_BYTES = 64  # of a string or of code: as many count as one value
_HASHED = 1 << 60  # from the next power of two on, different numbers have the same hash
_REFERENCE = 0x80
_DIGIT_BITS = 15
_FLOAT_TEXT = re.compile(rb"[-+0-9.eE]{1,40}|[-+]?(inf|nan)")


def parse(data: bytes, layout: Layout) -> Compiled:
    """Read a code object with one layout. Raises `Unreadable`."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{len(data)} bytes are more than any function has")
    reader = _Reader(data, layout)
    found = reader.value()
    if not isinstance(found, Compiled):
        raise Unreadable("the bytes are not a code object")
    if reader.position != len(data):
        raise Unreadable(f"{len(data) - reader.position} bytes follow the code object")
    return found


@dataclass(frozen=True)
class _Shared:
    """A value that later ones may refer to, with its size as if nothing were shared."""

    value: Any
    size: int


@dataclass
class _Reader:
    data: bytes
    layout: Layout
    position: int = 0
    depth: int = 0
    spent: int = 0
    shared: list[_Shared | None] = field(default_factory=list)
    interned: list[bytes] = field(default_factory=list)

    def value(self) -> Any:
        """The next value. A shared one gets its number before its contents are read."""
        kind = self.byte()
        flagged = bool(kind & _REFERENCE) and self.layout.python3
        letter = chr(kind ^ _REFERENCE if flagged else kind)
        read = _KINDS.get(letter)
        if read is None or letter not in self.layout.kinds:
            raise Unreadable(f"unknown kind of value {letter!r} at byte {self.position - 1}")
        self.spend(1)
        if not flagged:
            return self._nested(read)
        number, before = len(self.shared), self.spent
        self.shared.append(None)
        found = self._nested(read)
        self.shared[number] = _Shared(found, self.spent - before + 1)
        return found

    def _nested(self, read: Callable[[_Reader], Any]) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"nested deeper than {MAX_DEPTH} levels")
        found = read(self)
        self.depth -= 1
        return found

    def spend(self, size: int) -> None:
        self.spent += size
        if self.spent > MAX_VALUES:
            raise Unreadable(f"more than {MAX_VALUES} values")

    def take(self, size: int) -> bytes:
        if not 0 <= size <= len(self.data) - self.position:
            raise Unreadable(f"the input ends before the {size} bytes at byte {self.position}")
        self.position += size
        self.spend(size // _BYTES)
        return self.data[self.position - size : self.position]

    def byte(self) -> int:
        return self.take(1)[0]

    def integer(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def number(self, letter: str) -> float:
        return float(struct.unpack(letter, self.take(8))[0])

    def number_text(self) -> float:
        text = self.take(self.byte())
        if not _FLOAT_TEXT.fullmatch(text):
            raise Unreadable(f"{text!r} is not a number")
        try:
            return float(text)
        except ValueError:
            raise Unreadable(f"{text!r} is not a number") from None

    def long(self) -> int:
        """A number in digits of 15 bits; the sign is that of their count."""
        count = self.integer()
        if abs(count) * _DIGIT_BITS > MAX_BITS:
            raise Unreadable("a number is longer than any model needs")
        digits = struct.unpack(f"<{abs(count)}H", self.take(2 * abs(count)))
        if any(digit >> _DIGIT_BITS for digit in digits):
            raise Unreadable("a digit of a number is out of range")
        total = sum(digit << _DIGIT_BITS * place for place, digit in enumerate(digits))
        return int(-total if count < 0 else total)

    def text(self, size: int, encoding: str) -> str:
        try:
            return self.take(size).decode(encoding, "strict" if encoding == "ascii" else "surrogatepass")
        except UnicodeDecodeError:
            raise Unreadable(f"the text before byte {self.position} is not {encoding}") from None

    def interned_text(self) -> str | bytes:
        if self.layout.python3:
            return self.text(self.integer(), "utf-8")
        self.interned.append(self.take(self.integer()))
        return self.interned[-1]

    def interned_reference(self) -> bytes:
        number = self.integer()
        if not 0 <= number < len(self.interned):
            raise Unreadable(f"reference to string {number}, which does not exist")
        self.spend(len(self.interned[number]) // _BYTES)
        return self.interned[number]

    def reference(self) -> Any:
        number = self.integer()
        found = self.shared[number] if 0 <= number < len(self.shared) else None
        if found is None:
            raise Unreadable(f"reference to value {number}, which does not exist yet")
        self.spend(found.size)
        return found.value

    def sequence(self, count: int) -> tuple[Any, ...]:
        if not 0 <= count <= len(self.data) - self.position:
            raise Unreadable(f"the input ends before the {count} values at byte {self.position}")
        return tuple(self.value() for _ in range(count))

    def frozen(self) -> frozenset[Any]:
        items = self.sequence(self.integer())
        if not all(isinstance(item, (str, bytes, int, float, type(None))) for item in items):
            raise Unreadable("a set holds values other than numbers and strings")
        if any(isinstance(item, int) and abs(item) >= _HASHED for item in items):
            raise Unreadable("a set holds a number that is larger than any model needs")
        return frozenset(items)

    def code(self) -> Compiled:
        found = {name: self.integer() for name in self.layout.numbers}
        for name in self.layout.values:
            found[name] = self.integer() if name == "firstlineno" else self.value()
        made = Compiled.checked(self.layout, found)
        self.spend(len(made.code) // 2)  # an instruction counts as a value
        return made


_KINDS: dict[str, Callable[[_Reader], Any]] = {
    "N": lambda _: None,
    "F": lambda _: False,
    "T": lambda _: True,
    ".": lambda _: ...,
    "i": _Reader.integer,
    "I": lambda reader: int.from_bytes(reader.take(8), "little", signed=True),
    "l": _Reader.long,
    "f": _Reader.number_text,
    "g": lambda reader: reader.number("<d"),
    "x": lambda reader: complex(reader.number_text(), reader.number_text()),
    "y": lambda reader: complex(reader.number("<d"), reader.number("<d")),
    "s": lambda reader: reader.take(reader.integer()),
    "t": _Reader.interned_text,
    "R": _Reader.interned_reference,
    "u": lambda reader: reader.text(reader.integer(), "utf-8"),
    "a": lambda reader: reader.text(reader.integer(), "ascii"),
    "A": lambda reader: reader.text(reader.integer(), "ascii"),
    "z": lambda reader: reader.text(reader.byte(), "ascii"),
    "Z": lambda reader: reader.text(reader.byte(), "ascii"),
    "r": _Reader.reference,
    "(": lambda reader: reader.sequence(reader.integer()),
    ")": lambda reader: reader.sequence(reader.byte()),
    ">": _Reader.frozen,
    "c": _Reader.code,
}
assert all(set(layout.kinds) <= set(_KINDS) for layout in LAYOUTS)
