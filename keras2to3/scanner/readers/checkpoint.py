"""A TensorFlow checkpoint: its index, a sorted table, has the place of each tensor in the shards beside it."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from interchange.errors import Problem
from keras2to3.scanner import containers
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import chunks
from keras2to3.scanner.readers.file_slice import FileSlice
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.readers.protobuf import MalformedError, fields, integers, messages, varint
from keras2to3.scanner.scanned_file import StoredTensor, no_blocks

MAX_INDEX = 32 << 20
MAX_TENSORS = 50_000
MAX_SHARDS = 1_000
MAX_RANK = 254  # TensorFlow's own
MAX_KEY = 4096
MAX_NAMES = 32 << 20
_FOOTER = 48
_MAGIC = 0xDB4775248B80FB57
_STRING = 7
_DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 8: "complex64", 9: "int64", 10: "bool",
    14: "bfloat16", 17: "uint16", 18: "complex128", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
_AGAIN = "Let Keras save the model again."


@dataclass(frozen=True)
class _Entry:
    """Where a tensor is stored, by the index."""

    dtype: int = 0
    shape: tuple[int, ...] = ()
    shard: int = 0
    offset: int = 0
    size: int = 0
    sliced: bool = False


def tensors(folder: Path, prefix: str, problems: list[Problem], lost: list[str]) -> Iterator[StoredTensor]:
    """The tensors of the checkpoint `prefix` in a folder; one that declares more than its shard has is a problem.

    The names of shards that should be there and are not go to `lost`. Raises MalformedError.
    """
    index = folder / f"{prefix}.index"
    if index.stat().st_size > MAX_INDEX:
        problems.append(Policy.LIMITS.violation("", index.name, "it is larger than any index", instead=_AGAIN))
        return
    values = dict(_named(_entries(memoryview(index.read_bytes()))))
    count = max([*integers(values.pop("", memoryview(b"")), 1)], default=1)
    shards = _shards(folder, prefix)
    missing = [number for number in range(min(count, MAX_SHARDS)) if number not in shards]
    lost += [f"{prefix}.data-{number:05}-of-{count:05}" for number in missing]
    for name, value in values.items():
        entry = _entry(value)
        shard = shards.get(entry.shard)
        if entry.sliced or entry.shard in missing:
            continue
        text = _contradiction(entry, shard)
        if text is not None or shard is None:
            problems.append(Policy.PROMISES.violation(short(name), "checkpoint", text or "", instead=_AGAIN))
        else:
            yield _tensor(name, entry, shard)


def _shards(folder: Path, prefix: str) -> Mapping[int, Path]:
    """The shards by number: `variables.data-00001-of-00002`."""
    shards = {}
    for path in containers.checkpoint_shards(folder / f"{prefix}{containers.INDEX_SUFFIX}"):
        number = path.name[-14:-9]
        if number.isdecimal():
            shards[int(number)] = path
    return shards


def _contradiction(entry: _Entry, shard: Path | None) -> str | None:
    if shard is None:
        return f"it is in shard {entry.shard}, which does not exist"
    if entry.offset + entry.size > shard.stat().st_size:
        return f"it ends at byte {entry.offset + entry.size:,} of a shard of {shard.stat().st_size:,}"
    itemsize = _itemsize(entry.dtype)
    declared = math.prod(entry.shape) * (itemsize or 1)
    if declared > entry.size if itemsize is None else declared != entry.size:
        return f"it declares {declared:,} bytes and stores {entry.size:,}"
    return None


def _itemsize(dtype: int) -> int | None:
    name = _DTYPES.get(dtype)
    return None if name is None else 2 if name == "bfloat16" else np.dtype(name).itemsize


def _tensor(name: str, entry: _Entry, shard: Path) -> StoredTensor:
    if entry.dtype not in _DTYPES:
        return StoredTensor(name, entry.shape, "string" if entry.dtype == _STRING else "unknown", entry.size, no_blocks)
    dtype = _DTYPES[entry.dtype]
    blocks = no_blocks if dtype == "bfloat16" else lambda: _blocks(entry, np.dtype(dtype), shard)
    return StoredTensor(name, entry.shape, dtype, entry.size, blocks)


def _blocks(entry: _Entry, dtype: np.dtype[Any], shard: Path) -> Iterator[np.ndarray[Any, Any]]:
    window = FileSlice(lambda: shard.open("rb"), entry.offset, entry.size)
    yield from chunks.numbers(window, 0, dtype.newbyteorder("<"), math.prod(entry.shape))


def _named(entries: Iterator[tuple[bytes, memoryview]]) -> Iterator[tuple[str, memoryview]]:
    """The entries by their names. They must be sorted, because a search in the table relies on it."""
    last: bytes | None = None
    for key, value in entries:
        if last is not None and key <= last:
            raise MalformedError("its names are not sorted, or one occurs twice")
        last = key
        yield key.decode("utf-8", "replace"), value


def _entries(table: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Every tensor by its name, and the number of shards under no name."""
    footer = table[-_FOOTER:]
    if len(footer) < _FOOTER or struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise MalformedError("the index is not a table")
    _, at = varint(footer, 0)
    _, at = varint(footer, at)
    count = 0
    names = 0  # bytes, which may be those that the name before begins with
    for _, handle in _block(table, *_handle(footer, at)):
        for key, value in _block(table, *_handle(handle, 0)):
            count, names = count + 1, names + len(key)
            if count > MAX_TENSORS or names > MAX_NAMES:
                raise MalformedError("more tensors, or longer names, than any model has")
            yield key, value


def _handle(data: memoryview, at: int) -> tuple[int, int]:
    offset, at = varint(data, at)
    size, _ = varint(data, at)
    return offset, size


def _block(table: memoryview, offset: int, size: int) -> Iterator[tuple[bytes, memoryview]]:
    """The keys of a block share their beginnings with the key before; its last numbers help to search."""
    if offset + size + 1 > len(table) or size < 4:
        raise MalformedError("a block outside the index")
    if table[offset + size] != 0:
        raise MalformedError("a compressed index, which TensorFlow does not write")
    block = table[offset : offset + size]
    end = size - 4 - 4 * struct.unpack("<L", block[-4:])[0]
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        fresh, at = varint(block, at)
        length, at = varint(block, at)
        if at + fresh + length > end or shared > len(key):
            raise MalformedError("an entry outside its block")
        if shared + fresh > MAX_KEY:
            raise MalformedError(f"a name of more than {MAX_KEY:,} bytes")
        key = key[:shared] + bytes(block[at : at + fresh])
        yield key, block[at + fresh : at + fresh + length]
        at += fresh + length


def _entry(message: memoryview) -> _Entry:
    numbers = {1: 0, 3: 0, 4: 0, 5: 0}
    shape: list[int] = []
    sliced = False
    for number, value in fields(message):
        if isinstance(value, int) and number in numbers:
            numbers[number] = value
        elif number == 2 and isinstance(value, memoryview):
            shape = [_size(dimension) for dimension in itertools.islice(messages(value, 2), MAX_RANK + 1)]
            if len(shape) > MAX_RANK:
                raise MalformedError(f"a tensor of more than {MAX_RANK} dimensions")
        sliced = sliced or number == 7
    return _Entry(numbers[1], tuple(shape), numbers[3], numbers[4], numbers[5], sliced)


def _size(dimension: memoryview) -> int:
    sizes = [value for number, value in fields(dimension) if number == 1 and isinstance(value, int)]
    return sizes[-1] if sizes else 0
