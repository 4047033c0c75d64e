"""A `.npy` file: its header read by hand, its numbers piece by piece."""

from __future__ import annotations

import ast
import math
import struct
from typing import Any

import numpy as np

from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import chunks
from keras2to3.scanner.readers.file_slice import FileSlice
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.scanned_file import StoredTensor, no_blocks

_MAGIC = b"\x93NUMPY"
_SHORT_PREFIX, _LONG_PREFIX = 10, 12
MAX_HEADER = 10_000
"""Bytes of a header, as NumPy limits them."""
HEAD = _LONG_PREFIX + MAX_HEADER
"""How many bytes of a file are enough to read its header."""
_MAX_RANK = 64
_NUMBERS = "biufc"
_TEXTS = "SU"


class UntrustedArrayError(ValueError):
    """The bytes are no array of numbers or texts; the message is the reason, and `policy` the violated one."""

    def __init__(self, text: str, policy: Policy = Policy.FORM) -> None:
        super().__init__(text)
        self.policy = policy


def tensor(name: str, head: bytes, window: FileSlice) -> StoredTensor:
    """The array in the slice that begins with the bytes `head`, HEAD or all. Raises UntrustedArrayError."""
    start, header = _header(head)
    dtype, shape = _dtype(header.get("descr")), _shape(header.get("shape"))
    size = math.prod(shape) * dtype.itemsize
    if size != window.size - start:
        raise UntrustedArrayError(f"declares {size:,} bytes and stores {window.size - start:,}", Policy.PROMISES)
    text = dtype.kind in _TEXTS
    blocks = no_blocks if text else lambda: chunks.numbers(window, start, dtype, math.prod(shape))
    return StoredTensor(name, shape, "string" if text else dtype.name, size, blocks)


def _header(head: bytes) -> tuple[int, dict[str, Any]]:
    version = head[6:7]
    if not head.startswith(_MAGIC) or version not in (b"\1", b"\2", b"\3") or len(head) < _LONG_PREFIX:
        raise UntrustedArrayError("is not an .npy file")
    start, format_ = (_SHORT_PREFIX, "<H") if version == b"\1" else (_LONG_PREFIX, "<L")
    (length,) = struct.unpack_from(format_, head, 8)
    if length > MAX_HEADER:
        raise UntrustedArrayError(f"has a header of {length:,} bytes", Policy.LIMITS)
    text = head[start : start + length].decode("utf-8" if version == b"\3" else "latin1", "replace")
    try:
        header = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        header = None
    if not isinstance(header, dict):
        raise UntrustedArrayError("has a header that does not describe an array")
    return start + length, header


def _dtype(descr: object) -> np.dtype[Any]:
    """Records and objects, which are pickled, are refused by what they are called: a plain dtype is a short text."""
    try:
        dtype = np.dtype(descr) if isinstance(descr, str) and len(descr) < 20 else None
    except (TypeError, ValueError):
        dtype = None
    if dtype is None or dtype.kind not in _NUMBERS + _TEXTS or dtype.fields or dtype.subdtype:
        raise UntrustedArrayError(
            f"holds {short(descr)}, where numbers or strings are expected: objects are never unpickled"
        )
    return dtype


def _shape(shape: object) -> tuple[int, ...]:
    sizes = shape if isinstance(shape, tuple) and len(shape) <= _MAX_RANK else (None,)
    if not all(type(size) is int and 0 <= size < 1 << 62 for size in sizes):
        raise UntrustedArrayError(f"has the impossible shape {short(shape)}")
    return sizes
