"""The members of a zip archive, and reading their content with its declared size and checksum."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from keras2to3.scanner.policies import Policy

_CHUNK = 1 << 20


class BrokenArchiveError(ValueError):
    """The bytes are no zip archive, or no member of one; the message is the reason, and `policy` the violated one."""

    def __init__(self, text: str, policy: Policy = Policy.PROMISES) -> None:
        super().__init__(text)
        self.policy = policy


@dataclass(frozen=True)
class Member:
    """A member that keeps every policy: where its bytes lie, and what they become."""

    name: str
    start: int
    stored: int
    size: int
    deflated: bool
    checksum: int


def read_content(file: IO[bytes], member: Member, chunk_size: int = _CHUNK) -> Iterator[bytes]:
    """The content in chunks, never more than was declared, and at its end its checksum."""
    file.seek(member.start)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.deflated else None
    left, produced, checksum = member.stored, 0, 0
    while left > 0 and (chunk := file.read(min(left, chunk_size))):
        left -= len(chunk)
        for piece in _inflated(inflate, chunk, chunk_size) if inflate else (chunk,):
            produced += len(piece)
            if produced > member.size:
                raise BrokenArchiveError("becomes more bytes than it declares")
            checksum = zlib.crc32(piece, checksum)
            yield piece
    if produced != member.size:
        raise BrokenArchiveError("becomes fewer bytes than it declares")
    if checksum != member.checksum:
        raise BrokenArchiveError("is damaged: its checksum is another one than the directory has", Policy.MEMBERS)


def _inflated(inflate: zlib._Decompress, chunk: bytes, most: int) -> Iterator[bytes]:
    try:
        while chunk:
            yield inflate.decompress(chunk, most)
            chunk = inflate.unconsumed_tail
    except zlib.error as error:
        raise BrokenArchiveError(f"is damaged: {error}") from error
