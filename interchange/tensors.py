"""Tensors as plain arrays: every dtype becomes C-ordered little-endian numbers, and comes back bit for bit."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_NUMBERS = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
# NumPy has no name of its own for these; ml_dtypes lends them, and without it their bits are handed out.
_BITS = {
    "bfloat16": "uint16",
    **dict.fromkeys(("float8_e3m4", "float8_e4m3", "float8_e4m3b11fnuz", "float8_e4m3fn"), "uint8"),
    **dict.fromkeys(("float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"), "uint8"),
}
STRING = "string"
_OFFSETS = np.dtype("<i8")
_BYTES = np.dtype("u1")

DTYPES: Mapping[str, np.dtype[Any]] = {
    **{name: np.dtype(name).newbyteorder("<") for name in _NUMBERS},
    **{name: np.dtype(bits).newbyteorder("<") for name, bits in _BITS.items()},
    STRING: _OFFSETS,
}
"""The stored dtype of each dtype of the format; a string tensor stores an offset per string, and the bytes."""


def encode(array: Array, facts: Mapping[str, Any]) -> tuple[str, dict[str, Array]]:
    """The dtype's name and the arrays to store, by the suffix of their member.

    A contiguous little-endian array is passed on without a copy. Strings may be bytes, str (stored as UTF-8) or
    NumPy's own, which end before their trailing NULs; only objects keep those. Raises TypeError naming the facts.
    """
    if array.dtype.kind in "OSTU":
        data, offsets = _encode_strings(array, facts)
        return STRING, {".npy": data, ".offsets.npy": offsets}
    name = array.dtype.name
    if name not in DTYPES:
        raise TypeError(f"dtype {name} cannot be stored in a bundle: {dict(facts)}")
    bits = array.view(_BITS[name]) if name in _BITS else array
    return name, {".npy": np.asarray(bits, dtype=DTYPES[name], order="C")}


def stored(dtype: str, shape: Sequence[int]) -> dict[str, tuple[np.dtype[Any], tuple[int, ...] | None]]:
    """Dtype and shape of each member of a tensor, by suffix. None: one dimension, as long as its member."""
    if dtype == STRING:
        return {".npy": (_BYTES, None), ".offsets.npy": (_OFFSETS, (math.prod(shape) + 1,))}
    return {".npy": (DTYPES[dtype], tuple(shape))}


def decode(dtype: str, shape: tuple[int, ...], parts: Mapping[str, Array]) -> Array:
    """The tensor of the arrays that `encode` gave: a view of the numbers, an object array of bytes for strings.

    bfloat16 and float8 come as themselves where ml_dtypes can be imported, else as their bits (uint16, uint8).
    """
    if dtype == STRING:
        return _decode_strings(shape, parts[".npy"], parts[".offsets.npy"])
    bits = parts[".npy"]
    if dtype not in _BITS:
        return bits
    try:
        return bits.view(getattr(importlib.import_module("ml_dtypes"), dtype))
    except (ImportError, AttributeError):
        return bits


def _encode_strings(array: Array, facts: Mapping[str, Any]) -> tuple[Array, Array]:
    items = [_as_bytes(item, facts) for item in array.ravel().tolist()]
    offsets = np.zeros(len(items) + 1, _OFFSETS)
    np.cumsum([len(item) for item in items], out=offsets[1:])
    return np.frombuffer(b"".join(items), _BYTES), offsets


def _as_bytes(item: Any, facts: Mapping[str, Any]) -> bytes:
    if isinstance(item, bytes):
        return item
    if not isinstance(item, str):
        raise TypeError(f"a {type(item).__name__} object cannot be stored in a bundle: {dict(facts)}")
    try:
        return item.encode("utf-8")
    except UnicodeEncodeError as error:
        raise TypeError(f"a string is not Unicode text ({error.reason}): {dict(facts)}") from None


def _decode_strings(shape: tuple[int, ...], data: Array, offsets: Array) -> Array:
    text, ends = data.tobytes(), offsets.tolist()
    items = np.empty(len(ends) - 1, object)  # NumPy's own string dtype would drop trailing NULs
    items[:] = [text[cut] for cut in map(slice, ends, ends[1:])]
    items.flags.writeable = False
    return items.reshape(shape)


def are_offsets(offsets: Array, length: int) -> bool:
    """Whether the offsets begin at 0, never fall, and end at the length of the data."""
    return offsets[0] == 0 and offsets[-1] == length and bool((offsets[1:] >= offsets[:-1]).all())
