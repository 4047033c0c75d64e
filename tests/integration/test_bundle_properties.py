"""Properties of the bundle: every tensor survives bit for bit, and no damage does more than raise a Failure."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st

from interchange.bundle import Bundle, BundleWriter
from interchange.errors import Failure
from interchange.tensors import Array

KINDS = ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)
WORDS = st.binary(max_size=4) | st.text(max_size=3).filter(lambda text: text.isprintable()) | st.just(b"a\0\0")


@st.composite
def numbers(draw: st.DrawFn) -> Array:
    """Arrays of any bit pattern, so with NaN payloads and signed zeros, in any byte order and memory layout."""
    kind, shape = draw(st.sampled_from(KINDS)), draw(SHAPES)
    dtype = np.dtype(kind).newbyteorder(draw(st.sampled_from("<>")))
    size = math.prod(shape) * dtype.itemsize
    data = draw(st.binary(min_size=size, max_size=size))
    if kind == "?":
        data = bytes(byte & 1 for byte in data)
    array = np.frombuffer(bytearray(data), dtype).reshape(shape)
    return draw(st.sampled_from([array, array.T, array[..., ::-1] if shape else array]))


@st.composite
def strings(draw: st.DrawFn) -> Array:
    """Object arrays of bytes and text."""
    shape = draw(SHAPES)
    array = np.empty(math.prod(shape), object)
    array[:] = draw(st.lists(WORDS, min_size=array.size, max_size=array.size))
    return array.reshape(shape)


def write(folder: Path, arrays: list[Array]) -> Path:
    """A bundle of the arrays."""
    writer = BundleWriter(folder / "bundle", {"keras": "2.15.0"}, {})
    writer.write_tensors("weights.npz", (({"index": index}, array) for index, array in enumerate(arrays)))
    writer.close()
    return folder / "bundle"


def bits(array: Array) -> bytes:
    """The array's numbers in C order and little-endian."""
    return array.astype(array.dtype.newbyteorder("<"), order="C").tobytes()


@given(st.lists(numbers() | strings(), max_size=4))
def test_tensors_survive_bit_for_bit(arrays: list[Array]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundle = Bundle.open(write(Path(folder), arrays))
        rows = bundle.rows("weights.npz")
        assert [row.facts["index"] for row in rows] == list(range(len(arrays)))
        for array, found in zip(arrays, map(bundle.read, rows)):
            assert found.shape == array.shape
            if array.dtype == object:
                text = [item.encode() if isinstance(item, str) else item for item in array.ravel().tolist()]
                assert found.ravel().tolist() == text
            else:
                assert (found.dtype, bits(found)) == (array.dtype.newbyteorder("<"), bits(array))


def damage(data: bytes, edits: list[tuple[int, int]]) -> bytes:
    """The bytes after some were overwritten, at positions counted around the end."""
    changed = bytearray(data)
    for position, byte in edits:
        changed[position % len(changed)] = byte
    return bytes(changed)


def open_or_fail(folder: Path) -> None:
    """Open a bundle and read all of it, if it is still one."""
    with contextlib.suppress(Failure):
        bundle = Bundle.open(folder)
        for row in bundle.manifest.tensors:
            assert bundle.read(row).shape == row.shape


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that the examples of a test damage one after the other."""
    arrays: list[Any] = [np.ones((2, 3), "f4"), np.array([b"ab", b"c"], object), np.array(1)]
    return write(tmp_path_factory.mktemp("damage"), arrays)


EDITS = st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 255)), min_size=1, max_size=4)


@given(EDITS)
def test_a_damaged_manifest_never_does_more_than_fail(good: Path, edits: list[tuple[int, int]]) -> None:
    path = good / "manifest.json"
    before = path.read_bytes()
    path.write_bytes(damage(before, edits))
    try:
        open_or_fail(good)
    finally:
        path.write_bytes(before)


@settings(max_examples=300)
@given(EDITS)
def test_a_forged_archive_never_does_more_than_fail(good: Path, edits: list[tuple[int, int]]) -> None:
    manifest, archive = good / "manifest.json", good / "weights.npz"
    before = manifest.read_bytes(), archive.read_bytes()
    forged, document = damage(before[1], edits), json.loads(before[0])
    document["files"]["weights.npz"] = {"sha256": hashlib.sha256(forged).hexdigest(), "size": len(forged)}
    manifest.write_text(json.dumps(document))
    archive.write_bytes(forged)
    try:
        open_or_fail(good)
    finally:
        manifest.write_bytes(before[0])
        archive.write_bytes(before[1])
