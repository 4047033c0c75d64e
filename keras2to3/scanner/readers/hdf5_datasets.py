"""The policies for the datasets of an HDF5 file: they are stored in it, as large as declared, without plug-ins."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import h5py

from interchange.errors import Problem
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers.hdf5_tree import (
    PLAIN_TYPES,
    REPACK,
    HDF5Object,
    ObjectTree,
    StoredArray,
    foreign_type,
)
from keras2to3.scanner.readers.json_document import short

# A chunk that is stored takes at least so many bytes to be listed.
_ENTRY = 16
_FEW_CHUNKS = 4096
_BFLOAT16 = 2  # bytes
_SHORT = 16  # bytes, which a text kept elsewhere has as its reference
# Filters that the HDF5 library and h5py bring along; any other makes HDF5 search the host for a plug-in to load.
_FILTERS = frozenset({
    h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_SZIP,
    h5py.h5z.FILTER_NBIT, h5py.h5z.FILTER_SCALEOFFSET, h5py.h5z.FILTER_LZF,
})  # fmt: skip


def problems_of_dataset(at: HDF5Object, tree: ObjectTree) -> Iterator[Problem]:
    path, dataset = at.path, at.thing
    layout = dataset.id.get_create_plist()
    if layout.get_external_count():
        text = "external storage would read another file into a weight"
        name = layout.get_external(0)[0].decode("utf-8", "replace")
        yield Policy.OTHER_FILES.violation(path, "HDF5 external storage", text, "file", short(name), REPACK)
    elif layout.get_layout() == h5py.h5d.VIRTUAL:
        # Not even its shape is read: HDF5 may open the sources to find it.
        text = "a virtual dataset would read other files"
        yield Policy.OTHER_FILES.violation(path, "HDF5 virtual dataset", text, instead=REPACK)
    else:
        yield from _of_storage(at, layout, tree)


def _of_storage(at: HDF5Object, layout: Any, tree: ObjectTree) -> Iterator[Problem]:
    path, dataset = at.path, at.thing
    kind = dataset.id.get_type()
    is_known = kind.get_class() in PLAIN_TYPES or (not tree.given_up and _is_bfloat16(dataset, kind))
    if not is_known:
        yield foreign_type(path, "HDF5 dataset", kind)
        return
    elements = math.prod(dataset.shape or ())
    declared, stored = elements * kind.get_size(), dataset.id.get_storage_size()
    chunk = math.prod(dataset.chunks or ()) * kind.get_size()
    if not tree.allows(max(declared, chunk), stored):
        text = f"it declares {max(declared, chunk):,} bytes and stores {min(stored, tree.file_size):,}"
        yield Policy.PROMISES.violation(path, "HDF5 dataset", text, "shape", short(dataset.shape), REPACK)
        return
    if dataset.chunks and (count := _chunks(dataset)) > _FEW_CHUNKS + tree.file_size // _ENTRY:
        text = f"it declares {count:,} chunks in a file of {tree.file_size:,} bytes"
        yield Policy.PROMISES.violation(path, "HDF5 dataset", text, "chunks", short(dataset.chunks), REPACK)
        return
    tree.elements += elements
    tree.declared += declared
    foreign = list(_of_filters(path, layout))
    yield from foreign
    if not foreign:
        tree.arrays.append(_array(at, declared))


def _is_bfloat16(dataset: h5py.Dataset, kind: Any) -> bool:
    """Whether Keras 3 wrote bfloat16, for which HDF5 has no name: two opaque bytes, and an attribute that says so."""
    if kind.get_class() != h5py.h5t.OPAQUE or kind.get_size() != _BFLOAT16 or not h5py.h5a.exists(dataset.id, b"dtype"):
        return False
    attribute = h5py.h5a.open(dataset.id, b"dtype")
    text = attribute.get_type()
    is_short = text.get_class() == h5py.h5t.STRING and text.get_size() <= _SHORT and attribute.shape == ()
    return is_short and dataset.attrs["dtype"] in ("bfloat16", b"bfloat16")


def _chunks(dataset: h5py.Dataset) -> int:
    """The number of chunks of a dataset, stored or not: HDF5 uses memory for each one that is read."""
    return math.prod(-(-size // chunk) for size, chunk in zip(dataset.shape, dataset.chunks))


def _array(at: HDF5Object, declared: int) -> StoredArray:
    dtype = at.thing.dtype
    name = "string" if dtype.kind in "OSU" else "bfloat16" if dtype.kind == "V" else dtype.name
    return StoredArray(at.path, at.place, at.thing.shape or (), name, declared)


def _of_filters(path: str, layout: Any) -> Iterator[Problem]:
    for index in range(layout.get_nfilters()):
        code, _, _, name = layout.get_filter(index)
        if code not in _FILTERS:
            text = "its compression needs a plug-in of HDF5, which is never searched for"
            value = f"{code} {name.decode('utf-8', 'replace')}"
            yield Policy.OTHER_FILES.violation(path, "HDF5 filter", text, "filter", short(value), REPACK)
