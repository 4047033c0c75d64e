"""The laws for zip archives: every member is there once, lies where it says, and is what it says."""

from __future__ import annotations

import os
import stat
import struct
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from interchange.errors import Problem
from keras2to3.look.laws import Law
from keras2to3.look.plain import is_plain_path
from keras2to3.look.readers.document import short
from keras2to3.look.readers.hdf5 import ALLOWANCE, RATIO
from keras2to3.look.readers.window import Window

MAX_DIRECTORY = 8 << 20
"""Bytes of the directory at the end, which takes some fifty times as much memory once it is read."""

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_LOCAL = struct.Struct("<4s2xHH8x2L2H")
_SAVED = 0xFFFFFFFF  # "see the 64-bit field"
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_SIZES_FOLLOW = 0x0008
_CHUNK = 1 << 20
MAX_MEMBERS = 10_000
_AGAIN = "Download it again, or let Keras save the model again; write no archive by hand."


class BrokenArchiveError(ValueError):
    """The bytes are no zip archive; the message says why."""


@dataclass(frozen=True)
class Member:
    """A member that keeps every law: where its bytes lie, and what they become."""

    name: str
    start: int
    stored: int
    size: int
    deflated: bool


@dataclass(frozen=True)
class Archive:
    """The members of an archive by name, and the problems of the others."""

    path: Path
    members: Mapping[str, Member]
    problems: tuple[Problem, ...]

    def read(self, name: str, most: int) -> bytes:
        """The content of a member that is declared to have at most `most` bytes. Raises BrokenArchiveError."""
        member = self.members[name]
        if member.size > most:
            raise BrokenArchiveError(f"has {member.size:,} bytes, which is absurd")
        with self.path.open("rb") as file:
            return b"".join(_content(file, member))

    def head(self, name: str, most: int) -> bytes:
        """The first bytes of a member. Raises BrokenArchiveError."""
        found = b""
        with self.path.open("rb") as file:
            for chunk in _content(file, self.members[name], most):
                found += chunk
                if len(found) >= most:
                    break
        return found[:most]

    def window(self, name: str, keep: bool = False) -> Window:
        """A member as a file: in place, or if it was deflated in a file without a name, made at every opening.

        `keep` makes that file once, for what is opened often. Raises BrokenArchiveError.
        """
        member = self.members[name]
        if not member.deflated:
            return Window(lambda: self.path.open("rb"), member.start, member.size)
        if not keep:
            return Window(lambda: self._inflated(member), 0, member.size)
        kept = self._inflated(member)
        window = Window(lambda: os.fdopen(os.dup(kept.fileno()), "rb"), 0, member.size)
        weakref.finalize(window, kept.close)
        return window

    def _inflated(self, member: Member) -> BinaryIO:
        unnamed = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  (closed by whoever reads it)
        with self.path.open("rb") as file:
            for chunk in _content(file, member):
                unnamed.write(chunk)
        unnamed.flush()
        return unnamed


def read(path: Path, size: int) -> Archive:
    """The directory of a zip archive of `size` bytes, checked against its members. Raises BrokenArchiveError."""
    with path.open("rb") as file:
        if _directory_size(file, size) > MAX_DIRECTORY:
            text = f"its directory takes more than {MAX_DIRECTORY:,} bytes"
            return Archive(path, {}, (Law.LIMITS.broken("", "zip archive", text, instead=_AGAIN),))
        try:
            infos = zipfile.ZipFile(file).infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
            raise BrokenArchiveError(f"is a damaged zip archive: {error}") from error
        if len(infos) > MAX_MEMBERS:
            text = f"it has more than {MAX_MEMBERS:,} members"
            return Archive(path, {}, (Law.LIMITS.broken("", "zip archive", text, instead=_AGAIN),))
        problems: list[Problem] = []
        members = dict(_members(file, infos, problems))
        problems.extend(_overlaps(members, size))
        problems.extend(_total(infos, size))
        return Archive(path, members, tuple(problems))


def _directory_size(file: IO[bytes], size: int) -> int:
    """What the record at the end says, or the 64-bit one before it."""
    start = max(0, size - _END.size - 0xFFFF)
    tail = _at(file, start, size - start)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise BrokenArchiveError("is a zip archive that was cut short")
    directory: int = _END.unpack_from(tail, at)[5]
    locator = _at(file, max(0, start + at - _LOCATOR_64.size), _LOCATOR_64.size)
    if locator.startswith(b"PK\x06\x07"):
        record = _at(file, start + at - _LOCATOR_64.size - _END_64.size, _END_64.size)
        if len(record) == _END_64.size and record.startswith(b"PK\x06\x06"):
            directory = max(_END_64.unpack(record)[8], 0 if directory == _SAVED else directory)
    return directory


def _at(file: IO[bytes], offset: int, size: int) -> bytes:
    if not 0 <= offset < 1 << 62:
        return b""
    file.seek(offset)
    return file.read(size)


def _members(file: IO[bytes], infos: list[zipfile.ZipInfo], problems: list[Problem]) -> Iterator[tuple[str, Member]]:
    seen: set[str] = set()
    for info in infos:
        found = list(_of_member(info, seen))
        member = _located(file, info) if not found else None
        seen.add(info.filename.casefold())
        if member is not None:
            yield member.name, member
        elif not found:
            text = "what stands before its content is not what the directory at the end says"
            found = [Law.MEMBERS.broken(short(info.orig_filename), "zip member", text, instead=_AGAIN)]
        problems.extend(found)


def _of_member(info: zipfile.ZipInfo, seen: set[str]) -> Iterator[Problem]:
    name = short(info.orig_filename)
    for law, broken, text in (
        (Law.NAMES, not is_plain_path(info.orig_filename.removesuffix("/")), "its name leads out of the archive"),
        (Law.MEMBERS, info.filename.casefold() in seen, "it is there twice: two readers may take different ones"),
        (Law.OTHER_FILES, _is_special(info), "it is a link or a device, not a file"),
        (Law.MEMBERS, bool(info.flag_bits & _ENCRYPTED), "it is encrypted"),
        (Law.MEMBERS, not _is_readable(info), "it is compressed in a way that Keras never uses, or not as it says"),
        (Law.PROMISES, _is_bomb(info), f"it is to become {info.file_size:,} bytes out of {info.compress_size:,}"),
    ):
        if broken:
            yield law.broken(name, "zip member", text, instead=_AGAIN)


def _is_special(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind not in (0, stat.S_IFREG, stat.S_IFDIR)


def _is_readable(info: zipfile.ZipInfo) -> bool:
    if info.compress_type == zipfile.ZIP_STORED:
        return info.compress_size == info.file_size
    return info.compress_type == zipfile.ZIP_DEFLATED


def _is_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > ALLOWANCE + RATIO * info.compress_size


def _total(infos: list[zipfile.ZipInfo], size: int) -> Iterator[Problem]:
    """Many small promises are a large one."""
    if (declared := sum(info.file_size for info in infos)) > ALLOWANCE + RATIO * size:
        text = f"its members are to become {declared:,} bytes together, the archive has {size:,}"
        yield Law.PROMISES.broken("", "zip archive", text, instead=_AGAIN)


def _located(file: IO[bytes], info: zipfile.ZipInfo) -> Member | None:
    """Where the content begins; None where the header there contradicts the directory."""
    head = _at(file, info.header_offset, _LOCAL.size)
    if len(head) < _LOCAL.size:
        return None
    signature, flags, method, stored, size, name_length, extra_length = _LOCAL.unpack(head)
    name = file.read(name_length).decode("utf-8" if flags & 0x800 else "cp437", "replace")
    same = (signature, method, name) == (b"PK\x03\x04", info.compress_type, info.orig_filename)
    told = flags & _SIZES_FOLLOW or _SAVED in (stored, size) or (stored, size) == (info.compress_size, info.file_size)
    if not (same and told):
        return None
    start = info.header_offset + _LOCAL.size + name_length + extra_length
    deflated = info.compress_type == zipfile.ZIP_DEFLATED
    return Member(info.filename, start, info.compress_size, info.file_size, deflated)


def _overlaps(members: Mapping[str, Member], size: int) -> Iterator[Problem]:
    free = 0
    for member in sorted(members.values(), key=lambda member: member.start):
        if member.start < free or member.start + member.stored > size:
            text = "it overlaps another member or the end of the archive"
            yield Law.MEMBERS.broken(short(member.name), "zip member", text, instead=_AGAIN)
        free = member.start + member.stored


def _content(file: IO[bytes], member: Member, chunk_size: int = _CHUNK) -> Iterator[bytes]:
    """The content in chunks, never more than was declared."""
    file.seek(member.start)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.deflated else None
    left, produced = member.stored, 0
    while left > 0 and (chunk := file.read(min(left, chunk_size))):
        left -= len(chunk)
        for piece in _inflated(inflate, chunk, chunk_size) if inflate else (chunk,):
            produced += len(piece)
            if produced > member.size:
                raise BrokenArchiveError("becomes more bytes than it declares")
            yield piece
    if produced != member.size:
        raise BrokenArchiveError("becomes fewer bytes than it declares")


def _inflated(inflate: zlib._Decompress, chunk: bytes, most: int) -> Iterator[bytes]:
    try:
        while chunk:
            yield inflate.decompress(chunk, most)
            chunk = inflate.unconsumed_tail
    except zlib.error as error:
        raise BrokenArchiveError(f"is damaged: {error}") from error
