"""The policies for zip archives: each member exists once, at its declared place, and is as declared."""

from __future__ import annotations

import os
import stat
import struct
import tempfile
import weakref
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from interchange.errors import Problem
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers.file_slice import FileSlice
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.readers.size_limits import is_plausible
from keras2to3.scanner.readers.zip_members import BrokenArchiveError, Member, read_content
from keras2to3.scanner.safe_names import is_safe_path

MAX_DIRECTORY = 8 << 20
"""Bytes of the directory at the end, which takes some fifty times as much memory once it is read."""

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s24x3H12x")
_LOCAL = struct.Struct("<4s2xHH8x2L2H")
_SAVED = 0xFFFFFFFF  # "see the 64-bit field"
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_SIZES_FOLLOW = 0x0008
MAX_MEMBERS = 10_000
MAX_EXTRA = 1_024
"""Bytes of an entry of the directory besides its name: dates, and sizes of 64 bits."""

_AGAIN = "Download it again, or let Keras save the model again; write no archive by hand."


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
            raise BrokenArchiveError(f"has {member.size:,} bytes, more than any model needs")
        with self.path.open("rb") as file:
            return b"".join(read_content(file, member))

    def verify(self, name: str) -> None:
        """Read a member to its end. Raises BrokenArchiveError if it contradicts the directory."""
        with self.path.open("rb") as file:
            for _ in read_content(file, self.members[name]):
                pass

    def head(self, name: str, most: int) -> bytes:
        """The first bytes of a member. Raises BrokenArchiveError."""
        content = b""
        with self.path.open("rb") as file:
            for chunk in read_content(file, self.members[name], most):
                content += chunk
                if len(content) >= most:
                    break
        return content[:most]

    def window(self, name: str, keep: bool = False) -> FileSlice:
        """A member as a file: in place, or if it was deflated in a file without a name, made at every opening.

        `keep` makes that file once, for what is opened often. Raises BrokenArchiveError.
        """
        member = self.members[name]
        if not member.deflated:
            return FileSlice(lambda: self.path.open("rb"), member.start, member.size)
        if not keep:
            return FileSlice(lambda: self._inflated(member), 0, member.size)
        kept = self._inflated(member)
        window = FileSlice(lambda: os.fdopen(os.dup(kept.fileno()), "rb"), 0, member.size)
        weakref.finalize(window, kept.close)
        return window

    def _inflated(self, member: Member) -> BinaryIO:
        unnamed = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  (the caller closes it)
        with self.path.open("rb") as file:
            for chunk in read_content(file, member):
                unnamed.write(chunk)
        unnamed.flush()
        return unnamed


def read(path: Path, size: int) -> Archive:
    """The directory of a zip archive of `size` bytes, checked against its members. Raises BrokenArchiveError."""
    with path.open("rb") as file:
        for directory in _directories(file, size):
            if text := _wrong_directory(file, *directory):
                return Archive(path, {}, (Policy.LIMITS.violation("", "zip archive", text, instead=_AGAIN),))
        try:
            infos = zipfile.ZipFile(file).infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
            raise BrokenArchiveError(f"is a damaged zip archive: {error}") from error
        problems: list[Problem] = []
        members = dict(_members(file, infos, problems))
        problems.extend(_overlaps(members, size))
        problems.extend(_total(infos, size))
        return Archive(path, members, tuple(problems))


def _directories(file: IO[bytes], size: int) -> Iterator[tuple[int, int]]:
    """The end and size in bytes of the directory, by the record at the end of the file and by the 64-bit one before."""
    start = max(0, size - _END.size - 0xFFFF)
    tail = _at(file, start, size - start)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise BrokenArchiveError("is a zip archive that was cut short")
    saved: int = _END.unpack_from(tail, at)[5]
    if saved != _SAVED:
        yield start + at, saved
    place = start + at - _LOCATOR_64.size - _END_64.size
    if _at(file, place + _END_64.size, 4) == b"PK\x06\x07":
        record = _at(file, place, _END_64.size)
        if len(record) == _END_64.size and record.startswith(b"PK\x06\x06"):
            yield place, _END_64.unpack(record)[8]


def _wrong_directory(file: IO[bytes], end: int, size: int) -> str | None:
    """Why the directory is none of a model: Python takes much more memory and time for it than it has bytes."""
    if size > MAX_DIRECTORY:
        return f"its directory takes more than {MAX_DIRECTORY:,} bytes"
    directory, at, count = _at(file, end - size, size), 0, 0
    while at + _ENTRY.size <= len(directory):
        signature, *lengths = _ENTRY.unpack_from(directory, at)
        if signature != b"PK\x01\x02":
            break  # zipfile reports it
        at, count = at + _ENTRY.size + sum(lengths), count + 1
        if count > MAX_MEMBERS:
            return f"it has more than {MAX_MEMBERS:,} members"
        if lengths[1] > MAX_EXTRA:
            return f"an entry of its directory has more than {MAX_EXTRA:,} bytes besides"
    return None


def _at(file: IO[bytes], offset: int, size: int) -> bytes:
    if not 0 <= offset < 1 << 62:
        return b""
    file.seek(offset)
    return file.read(size)


def _members(file: IO[bytes], infos: list[zipfile.ZipInfo], problems: list[Problem]) -> Iterator[tuple[str, Member]]:
    seen: set[str] = set()
    for info in infos:
        problems_of_member = list(_of_member(info, seen))
        member = _located(file, info) if not problems_of_member else None
        seen.add(info.filename.casefold())
        if member is not None:
            yield member.name, member
        elif not problems_of_member:
            text = "its local header differs from the directory at the end"
            problems_of_member = [
                Policy.MEMBERS.violation(short(info.orig_filename), "zip member", text, instead=_AGAIN)
            ]
        problems.extend(problems_of_member)


def _of_member(info: zipfile.ZipInfo, seen: set[str]) -> Iterator[Problem]:
    name = short(info.orig_filename)
    for policy, broken, text in (
        (Policy.NAMES, not is_safe_path(info.orig_filename.removesuffix("/")), "its name leads out of the archive"),
        (Policy.MEMBERS, info.filename.casefold() in seen, "it is there twice: two readers may use different ones"),
        (Policy.OTHER_FILES, _is_special(info), "it is a link or a device, not a file"),
        (Policy.MEMBERS, bool(info.flag_bits & _ENCRYPTED), "it is encrypted"),
        (Policy.MEMBERS, not _is_readable(info), "it is compressed in a way that Keras never uses, or not as declared"),
        (
            Policy.PROMISES,
            _is_bomb(info),
            f"it declares {info.file_size:,} bytes, compressed to {info.compress_size:,}",
        ),
    ):
        if broken:
            yield policy.violation(name, "zip member", text, instead=_AGAIN)


def _is_special(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind not in (0, stat.S_IFREG, stat.S_IFDIR)


def _is_readable(info: zipfile.ZipInfo) -> bool:
    if info.compress_type == zipfile.ZIP_STORED:
        return info.compress_size == info.file_size
    return info.compress_type == zipfile.ZIP_DEFLATED


def _is_bomb(info: zipfile.ZipInfo) -> bool:
    return not is_plausible(info.file_size, info.compress_size)


def _total(infos: list[zipfile.ZipInfo], size: int) -> Iterator[Problem]:
    """Many small promises are a large one."""
    if not is_plausible(declared := sum(info.file_size for info in infos), size):
        text = f"its members declare {declared:,} bytes together, the archive has {size:,}"
        yield Policy.PROMISES.violation("", "zip archive", text, instead=_AGAIN)


def _located(file: IO[bytes], info: zipfile.ZipInfo) -> Member | None:
    """Where the content begins; None where the header there contradicts the directory."""
    head = _at(file, info.header_offset, _LOCAL.size)
    if len(head) < _LOCAL.size:
        return None
    signature, flags, method, stored, size, name_length, extra_length = _LOCAL.unpack(head)
    if name_length > 4 * len(info.orig_filename):  # many entries may lead to one long name
        return None
    name = file.read(name_length).decode("utf-8" if flags & 0x800 else "cp437", "replace")
    same = (signature, method, name) == (b"PK\x03\x04", info.compress_type, info.orig_filename)
    is_consistent = (
        flags & _SIZES_FOLLOW or _SAVED in (stored, size) or (stored, size) == (info.compress_size, info.file_size)
    )
    if not (same and is_consistent):
        return None
    start = info.header_offset + _LOCAL.size + name_length + extra_length
    deflated = info.compress_type == zipfile.ZIP_DEFLATED
    return Member(info.filename, start, info.compress_size, info.file_size, deflated, info.CRC)


def _overlaps(members: Mapping[str, Member], size: int) -> Iterator[Problem]:
    free = 0
    for member in sorted(members.values(), key=lambda member: member.start):
        if member.start < free or member.start + member.stored > size:
            text = "it overlaps another member or the end of the archive"
            yield Policy.MEMBERS.violation(short(member.name), "zip member", text, instead=_AGAIN)
        free = member.start + member.stored
