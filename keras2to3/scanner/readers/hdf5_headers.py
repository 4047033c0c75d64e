"""HDF5's own headers, as far as their declarations must be checked before HDF5 relies on them.

https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

SIGNATURE = b"\x89HDF\r\n\x1a\n"
LAYOUT, ATTRIBUTE, SYMBOL_TABLE = 0x08, 0x0C, 0x11
_CONTINUATION = 0x10
_SIZE_OF_AN_ADDRESS = 8
_TEXT = 9  # the class of a datatype whose values lie elsewhere, each behind its length
_DESCRIPTOR = struct.Struct("<IQI")  # length, heap, number in it


class UnknownLayoutError(ValueError):
    """The headers are not as HDF5 writes them for Keras; the message is the reason."""


class Message(NamedTuple):
    """A message of an object: its content is the bytes from `start` to `end`."""

    kind: int
    start: int
    end: int


@dataclass(frozen=True)
class Headers:
    """The headers in the bytes of an HDF5 file; addresses count from `base`, where its superblock is."""

    data: Any
    base: int
    end: int

    @classmethod
    def of(cls, data: Any, start: int, end: int) -> Headers:
        """The headers of the file from `start` to `end`. Raises UnknownLayoutError."""
        at = 0
        while start + at < end:
            if data[start + at : start + at + len(SIGNATURE)] == SIGNATURE:
                return cls(data, start + at, end)
            at = at * 2 or 512
        raise UnknownLayoutError("it has no superblock")

    @property
    def has_usual_sizes(self) -> bool:
        """Whether addresses and lengths take eight bytes, as in every file that h5py writes."""
        head = self.data[self.base : self.base + 16]
        sizes = head[13:15] if head[8:9] < b"\2" else head[9:11]
        return bool(sizes == bytes([_SIZE_OF_AN_ADDRESS] * 2))

    def messages(self, address: int) -> Iterator[Message]:
        """The messages in the header of the object at an address. Raises UnknownLayoutError."""
        at = self.base + address
        if self.data[at : at + 4] == b"OHDR":
            yield from self._followed(*self._chunk_of_today(at))
        else:
            size = self.unpack("<I", at + 8)[0]
            yield from self._followed(at + 16, at + 16 + size, 8)

    def unpack(self, form: str, at: int) -> tuple[Any, ...]:
        """Numbers at a byte of the data. Raises UnknownLayoutError behind their end."""
        if at + struct.calcsize(form) > self.end:
            raise UnknownLayoutError("a header leads out of it")
        return struct.unpack_from(form, self.data, at)

    def _chunk_of_today(self, at: int) -> tuple[int, int, int]:
        """The start and end of the messages in a header of version 2, and the size of their own headers."""
        flags = self.unpack("<B", at + 5)[0]
        place = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        size = int.from_bytes(self.data[place : place + width], "little")
        return place + width, place + width + size, 6 if flags & 4 else 4

    def _followed(self, start: int, end: int, head: int) -> Iterator[Message]:
        """The messages of a chunk, and of those in which it goes on, each of which is read once."""
        chunks, seen = [(start, end)], {start}
        for first, last in chunks:  # grows
            at = first
            while at + head <= min(last, self.end):
                kind, size = self.unpack("<HH" if head == 8 else "<BH", at)
                at += head
                if kind == _CONTINUATION:
                    begin, length = self.unpack("<QQ", at)
                    old = 0 if head == 8 else 4  # since version 2 there is a signature before it, and a sum behind it
                    begin += self.base + old
                    if begin in seen:
                        raise UnknownLayoutError("a header goes on where it was before")
                    seen.add(begin)
                    chunks.append((begin, begin + length - 2 * old))
                yield Message(kind, at, at + size)
                at += size


def declared_texts(headers: Headers, message: Message) -> int:
    """How many bytes the texts of an attribute are to have that lie elsewhere. Raises UnknownLayoutError."""
    version, flags, *sizes = headers.unpack("<BBHHH", message.start)
    if version not in (1, 2, 3) or (version > 1 and flags):
        raise UnknownLayoutError("an attribute is stored in a way that h5py never uses")
    at = message.start + (9 if version == 3 else 8)
    name, datatype, space = (-(-size // 8) * 8 if version == 1 else size for size in sizes)
    if headers.unpack("<B", at + name)[0] & 0x0F != _TEXT:
        return 0
    data = headers.data[at + name + datatype + space : message.end]
    whole = len(data) // _DESCRIPTOR.size * _DESCRIPTOR.size
    return sum(length for length, _, _ in _DESCRIPTOR.iter_unpack(data[:whole]))
