"""HDF5's library never returns from a text whose heap holds an object of no size, so the heaps are checked first."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

# "Global heap collection", version 1: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
_COLLECTION = b"GCOL\x01\0\0\0"
_COLLECTION_HEADER = 16
_OBJECT = struct.Struct("<HHIQ")  # index, references, reserved, size
_MAX_OBJECTS = 1_000_000
_CHUNK = 2**20
_WRAP = 1 << 64


def is_sound(data: mmap.mmap, start: int, end: int) -> bool:
    """Whether every object of every heap in these bytes leads on to the next one."""
    budget = _MAX_OBJECTS
    for at in _collections(data, start, end):
        budget = _follow(data, at, end, budget)
        if budget <= 0:
            return False
    return True


def _collections(data: mmap.mmap, start: int, end: int) -> Iterator[int]:
    """Where they begin, in any byte; a map itself searches slower than what is copied out of it."""
    for begin in range(start, end, _CHUNK):
        piece = data[begin : min(begin + _CHUNK + len(_COLLECTION) - 1, end)]
        at = piece.find(_COLLECTION)
        while at >= 0:
            yield begin + at
            at = piece.find(_COLLECTION, at + 1)


def _follow(data: mmap.mmap, start: int, stop: int, budget: int) -> int:
    """Walk one collection; what is left of the budget of objects, 0 when a step leads nowhere."""
    if start + _COLLECTION_HEADER > stop:
        return budget
    (size,) = struct.unpack_from("<Q", data, start + 8)
    at, end = start + _COLLECTION_HEADER, min(start + size, stop)
    while at + _OBJECT.size <= end and budget > 0:
        index, _, _, length = _OBJECT.unpack_from(data, at)
        # Object 0 is what is free and counts its own header; the others are padded to eight bytes.
        step = length if index == 0 else (_OBJECT.size + -(-length // 8) * 8) % _WRAP
        if step == 0:
            return 0
        at, budget = at + step, budget - 1
    return budget
