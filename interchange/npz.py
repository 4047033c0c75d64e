"""Tensor archives: .npz files whose members lie uncompressed and aligned, so that each can be mapped alone."""

from __future__ import annotations

import hashlib
import math
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from interchange.manifest import FileEntry, TensorRow, invalid
from interchange.tensors import Array, stored

ALIGNMENT = 64
_CHUNK = 2**20
_MAP_FROM = 2**20  # bytes
_MAGIC = b"\x93NUMPY\x01\x00"
_NPY = struct.Struct("<8sH")
_LOCAL = struct.Struct("<4s22xHH")
_ZIP64_EXTRA = 20
_PADDING = struct.Struct("<HHH")
_PADDING_ID = 0xD935  # the "ZIP alignment" extra field of APPNOTE's third-party list
_PLAIN_FLAGS = 0x0008 | 0x0800  # sizes in a data descriptor, name in UTF-8
_BROKEN_ZIP = (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, OSError, EOFError, struct.error)


class Sink:
    """A file that can only grow, so that its digest is known when its last byte is written.

    Without `seek`, zipfile puts sizes and checksums behind each member instead of going back to patch its header:
    the data is read once and written once.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: Any) -> int:
        """Append a bytes-like object."""
        self._hash.update(data)
        self._size += len(data)
        return self._file.write(data)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._size

    def flush(self) -> None:
        """Hand buffered bytes to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def entry(self) -> FileEntry:
        """Digest and size of what was written."""
        return FileEntry(self._hash.hexdigest(), self._size)


def write_member(archive: zipfile.ZipFile, sink: Sink, name: str, array: Array) -> None:
    """Append a C-ordered array to the archive on `sink` without copying it."""
    info = zipfile.ZipInfo(name)  # dated 1980: equal content gives an equal file
    info.create_system = 3
    unpadded = sink.tell() + _LOCAL.size + len(name) + _ZIP64_EXTRA + _PADDING.size
    padding = -unpadded % ALIGNMENT
    info.extra = _PADDING.pack(_PADDING_ID, 2 + padding, ALIGNMENT) + bytes(padding)
    data = memoryview(array.reshape(-1).view(np.uint8))
    with archive.open(info, "w", force_zip64=True) as member:
        member.write(npy_header(array.dtype, array.shape))
        for start in range(0, len(data), _CHUNK):
            member.write(data[start : start + _CHUNK])


def npy_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """The header of a .npy file, version 1.0, as numpy.lib.format writes it; the data begins at a multiple of 64."""
    text = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    length = len(text) + 1 + -(_NPY.size + len(text) + 1) % ALIGNMENT
    return _NPY.pack(_MAGIC, length) + text.encode("ascii").ljust(length - 1) + b"\n"


@dataclass(frozen=True)
class MemberLocation:
    """Where the numbers of a member lie in its archive: from byte `start`, `dtype` and `shape` of what is there."""

    start: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def load(self, path: Path, *, own: bool = False) -> Array:
        """The numbers, read-only or one's `own` to write to: mapped, or copied where they are few.

        A map holds a file descriptor while it lives, and a model may have more small weights than descriptors.
        """
        count = math.prod(self.shape)
        if count * self.dtype.itemsize >= _MAP_FROM:
            mapped: Array = np.memmap(path, self.dtype, "c" if own else "r", self.start, self.shape).view(np.ndarray)
            return mapped
        numbers = np.fromfile(path, self.dtype, count, offset=self.start)
        numbers.flags.writeable = own
        return numbers.reshape(self.shape)


def locate(path: Path, name: str, rows: tuple[TensorRow, ...]) -> dict[str, MemberLocation]:
    """The place of each member of an archive, all checked against the index. Raises Failure(Exit.BUNDLE)."""
    expected = {row.id + suffix: what for row in rows for suffix, what in stored(row.dtype, row.shape).items()}
    with path.open("rb") as file:
        try:
            infos = zipfile.ZipFile(file).infolist()
        except _BROKEN_ZIP as error:
            raise invalid(14, name, f"it is no zip archive: {error}") from None
        _match_names(name, infos, set(expected))
        spans = {info.filename: _span(file, name, info) for info in infos}
        _refuse_overlap(name, spans, path.stat().st_size)
        return {member: _location(file, f"{name}/{member}", spans[member], *expected[member]) for member in spans}


def _match_names(name: str, infos: list[zipfile.ZipInfo], missing: set[str]) -> None:
    for info in infos:
        if info.orig_filename not in missing:
            raise invalid(14, name, f"member {info.orig_filename!r} is there twice or not in the index")
        missing.remove(info.orig_filename)
    if missing:
        raise invalid(14, name, f"member {min(missing)!r} is missing")


@dataclass(frozen=True)
class _Span:
    """A member in its archive: its local header from `header`, its content from `start` up to `end`, in bytes."""

    header: int
    start: int
    end: int


def _span(file: IO[bytes], name: str, info: zipfile.ZipInfo) -> _Span:
    stored_plainly = info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size
    if not stored_plainly or info.flag_bits & ~_PLAIN_FLAGS:
        raise invalid(15, name, f"member {info.filename!r} is compressed or encrypted")
    head = _read(file, info.header_offset, _LOCAL.size)
    if len(head) < _LOCAL.size:
        raise invalid(16, name, f"member {info.filename!r} begins outside the file")
    signature, name_length, extra_length = _LOCAL.unpack(head)
    start = info.header_offset + _LOCAL.size + name_length + extra_length
    # the directory at the end gave the name; a second opinion here means that two readers would see two files
    if signature != b"PK\x03\x04" or file.read(name_length) != info.filename.encode("ascii"):
        raise invalid(15, name, f"the local header of member {info.filename!r} says something else")
    return _Span(info.header_offset, start, start + info.file_size)


def _read(file: IO[bytes], offset: int, size: int) -> bytes:
    if not 0 <= offset < 2**63:
        return b""
    file.seek(offset)
    return file.read(size)


def _refuse_overlap(name: str, spans: Mapping[str, _Span], size: int) -> None:
    free = 0
    for member, span in sorted(spans.items(), key=lambda item: item[1].header):
        if span.header < free or span.end > size:
            raise invalid(16, name, f"member {member!r} overlaps another one or the end of the file")
        free = span.end


def _location(
    file: IO[bytes], name: str, span: _Span, dtype: np.dtype[Any], shape: tuple[int, ...] | None
) -> MemberLocation:
    """Compare the .npy header with the one the index asks for; nothing of it is parsed, let alone unpickled."""
    head = _read(file, span.start, min(_NPY.size, span.end - span.start))
    magic, length = _NPY.unpack(head.ljust(_NPY.size))
    start = span.start + _NPY.size + length
    if magic != _MAGIC or start > span.end:
        raise invalid(17, name, "it is not an .npy file of version 1.0")
    if shape is None:
        shape = ((span.end - start) // dtype.itemsize,)
    text, wanted = file.read(length), npy_header(dtype, shape)[_NPY.size :]
    if text.rstrip() != wanted.rstrip():
        raise invalid(17, name, f"its header is {_quote(text)}, the index asks for {_quote(wanted)}")
    if (size := span.end - start) != math.prod(shape) * dtype.itemsize:
        raise invalid(18, name, f"it holds {size} bytes, its shape needs {math.prod(shape) * dtype.itemsize}")
    return MemberLocation(start, dtype, shape)


def _quote(header: bytes) -> str:
    return header.decode("latin1").strip()[:200]
