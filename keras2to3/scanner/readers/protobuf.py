"""The wire format of protobuf: an iterator over the fields of a message, which copies only numbers of fixed width."""

from __future__ import annotations

from collections.abc import Iterator

Value = int | memoryview | bytes
_FIXED = {1: 8, 5: 4}  # bytes by the kind of a field
_TAG_BITS = 32  # of a longer tag, some readers take the lower bits and others nothing


class MalformedError(ValueError):
    """The bytes are no protobuf message."""


def fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Number and value of each field: an integer, a view of a text or message, or the bytes of a number of fixed width.

    A text or message is never read from a number of fixed width: to protobuf that is an unknown field, which it skips.
    Raises MalformedError.
    """
    at, end = 0, len(message)
    while at < end:
        tag = message[at]
        at += 1
        if tag >= 0x80:  # most tags and sizes are one byte, and a graph has a million of them
            tag, at = varint(message, at - 1)
        number, wire = tag >> 3, tag & 7
        if number == 0 or tag >> _TAG_BITS:
            raise MalformedError("a field without a number, or with one beyond all")
        if wire == 2 and at < end and (size := message[at]) < 0x80:
            at += 1
        elif wire == 2:
            size, at = varint(message, at)
        elif wire == 0:
            value, at = varint(message, at)
            yield number, value
            continue
        else:
            size = _FIXED.get(wire, -1)
        if at + size > end or size < 0:
            raise MalformedError("a field that ends after the message, or of an unknown kind")
        yield number, message[at : at + size] if wire == 2 else bytes(message[at : at + size])
        at += size


def varint(message: memoryview, at: int) -> tuple[int, int]:
    """The integer at a place, and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte, at = message[at], at + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise MalformedError("an integer that does not end")


def messages(message: memoryview, number: int) -> Iterator[memoryview]:
    """The values of one field that are texts or messages."""
    for found, value in fields(message):
        if found == number and isinstance(value, memoryview):
            yield value


def joined(message: memoryview, number: int) -> memoryview:
    """The value of a field that is one message: protobuf joins duplicates."""
    parts = list(messages(message, number))
    return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))


def text(value: memoryview) -> str:
    """A value as text."""
    return bytes(value).decode("utf-8", "replace")


def text_of(message: memoryview, number: int) -> str:
    """The last value of a text field, as protobuf takes it; empty where there is none."""
    last = ""
    for value in messages(message, number):
        last = text(value)
    return last


def integers(message: memoryview, number: int) -> Iterator[int]:
    """The values of a repeated field of integers, packed or one by one."""
    for found, value in fields(message):
        if found == number and isinstance(value, int):
            yield value
        elif found == number and isinstance(value, memoryview):
            at = 0
            while at < len(value):
                integer, at = varint(value, at)
                yield integer
