"""The trees in which HDF5 lists the members of a group and the chunks of a dataset: each node hangs in one place.

HDF5 itself follows whatever a node says, so that a few nodes that hold each other would keep it for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from keras2to3.scanner.readers.hdf5_headers import LAYOUT, SYMBOL_TABLE, Headers, Message

MAX_NAME = 1_000
"""Bytes of the name of a member: many members may refer to the same name, and each gets a copy."""

_NONE = (1 << 64) - 1
_NODE, _LEAF, _HEAP = b"TREE", b"SNOD", b"HEAP"
_OF_GROUPS, _OF_CHUNKS = 0, 1
_SYMBOL = 40
_CHUNKED = 2


@dataclass
class BTrees:
    """The trees of a file, of whose nodes none was met twice so far."""

    headers: Headers
    _seen: set[int] = field(default_factory=set)

    def problem(self, messages: Iterable[Message]) -> str | None:
        """The problem with the B-trees of an object with these messages, if any. Raises UnknownLayoutError."""
        for message in messages:
            if message.kind == SYMBOL_TABLE:
                text = self._of_group(message)
            elif message.kind == LAYOUT:
                text = self._of_chunks(message)
            else:
                continue
            if text:
                return text
        return None

    def _of_group(self, message: Message) -> str | None:
        tree, heap = self.headers.unpack("<QQ", message.start)
        names = self._names(heap)
        for leaf in self._leaves(tree, _OF_GROUPS, 8):
            if leaf is None or leaf in self._seen:
                return "a node of the tree of its members hangs in two places"
            self._seen.add(leaf)
            if names is not None and self._has_long_name(leaf, names):
                return f"a member has a name of more than {MAX_NAME:,} bytes"
        return None

    def _of_chunks(self, message: Message) -> str | None:
        version, second, third = self.headers.unpack("<BBB", message.start)
        if version == 3 and second == _CHUNKED:
            rank, at = third, message.start + 3
        elif version in (1, 2) and third == _CHUNKED:
            rank, at = second, message.start + 8
        else:
            return None
        (tree,) = self.headers.unpack("<Q", at)
        if any(leaf is None for leaf in self._leaves(tree, _OF_CHUNKS, 8 + 8 * rank)):
            return "a node of the tree of its chunks hangs in two places"
        return None

    def _leaves(self, root: int, kind: int, key: int) -> Iterator[int | None]:
        """What hangs in the lowest nodes of a tree, with keys of so many bytes; None for a node that was met before."""
        waiting = [] if root == _NONE else [root]
        while waiting:
            address = waiting.pop()
            at = self.headers.base + address
            if address in self._seen:
                yield None
                return
            self._seen.add(address)
            signature, found, level, count = self.headers.unpack("<4sBBH", at)
            if signature != _NODE or found != kind:
                return
            children = self.headers.data[at + 24 + key : at + 24 + count * (key + 8)]
            for start in range(0, len(children) - 7, key + 8):
                child = int.from_bytes(children[start : start + 8], "little")
                if level:
                    waiting.append(child)
                else:
                    yield child

    def _names(self, heap: int) -> int | None:
        """Where the names of a group begin."""
        signature, start = self.headers.unpack("<4s20xQ", self.headers.base + heap)
        return self.headers.base + start if signature == _HEAP else None

    def _has_long_name(self, leaf: int, names: int) -> bool:
        at = self.headers.base + leaf
        signature, count = self.headers.unpack("<4s2xH", at)
        if signature != _LEAF:
            return False
        for number in range(count):
            (place,) = self.headers.unpack("<Q", at + 8 + number * _SYMBOL)
            start, most = names + place, names + place + MAX_NAME
            if most < self.headers.end and self.headers.data.find(b"\0", start, most + 1) < 0:
                return True
        return False
