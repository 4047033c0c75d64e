"""The laws for HDF5 itself: no link, dataset or type may reach outside the file or promise more than it stores."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import h5py

from interchange.errors import Problem
from keras2to3.look import plain
from keras2to3.look.laws import Law
from keras2to3.look.readers.document import short

MAX_STEPS = 50_000  # the largest published models take some thousands
MAX_DEPTH = 64
MAX_PROBLEMS = 1_000

# Nothing of a Keras file is compressed; one that was repacked shrinks by a few times. What lies beyond is a bomb.
ALLOWANCE = 64 << 20
RATIO = 64

# Filters that the HDF5 library and h5py bring along; any other makes HDF5 search the host for a plug-in to load.
_FILTERS = frozenset({
    h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_SZIP,
    h5py.h5z.FILTER_NBIT, h5py.h5z.FILTER_SCALEOFFSET, h5py.h5z.FILTER_LZF,
})  # fmt: skip
_PLAIN_TYPES = frozenset({h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING, h5py.h5t.ENUM})
_TYPE_NAMES = {
    h5py.h5t.REFERENCE: "references to objects",
    h5py.h5t.OPAQUE: "opaque bytes",
    h5py.h5t.COMPOUND: "records",
    h5py.h5t.VLEN: "sequences of any length",
    h5py.h5t.ARRAY: "arrays",
    h5py.h5t.BITFIELD: "bit fields",
    h5py.h5t.TIME: "times",
}
_REPACK = "Load the weights in Keras 2 and save the whole model again with model.save('model.h5')."


@dataclass(frozen=True)
class StoredArray:
    """A dataset that keeps every law; `dtype` is NumPy's name, or `string`."""

    path: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@dataclass
class Stored:
    """What a walk over a file found: its problems, its datasets, how many numbers they hold, and its groups."""

    file_size: int
    problems: list[Problem] = field(default_factory=list)
    arrays: list[StoredArray] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    elements: int = 0
    declared: int = 0
    steps: int = 0

    def allows(self, declared: int, stored: int) -> bool:
        """Whether `declared` bytes can honestly come from `stored` bytes of this file."""
        return declared <= ALLOWANCE + RATIO * min(stored, self.file_size)

    @property
    def exhausted(self) -> bool:
        """Whether the walk was given up."""
        return self.steps > MAX_STEPS or len(self.problems) >= MAX_PROBLEMS


def walk(file: h5py.File, file_size: int) -> Stored:
    """Visit every object of a file by its links, without following one that leaves it, each object once."""
    found = Stored(file_size)
    seen = {h5py.h5o.get_info(file.id).addr}
    pending: list[tuple[str, Any]] = [("", file)]
    while pending and _affords(pending[-1], found):
        path, thing = pending.pop()
        found.problems.extend(_of_object(path, thing, found))
        if isinstance(thing, h5py.Group):
            found.groups.append(path)
            pending.extend(reversed([*_unseen(path, thing, seen, found.problems)]))
    if not found.exhausted:
        found.problems.extend(_of_total(found))
    return found


def _affords(at: tuple[str, Any], found: Stored) -> bool:
    """Count what is ahead before anything of it is listed; hard links can make little look like a lot."""
    path, thing = at
    found.steps += 1 + h5py.h5a.get_num_attrs(thing.id) + (len(thing) if isinstance(thing, h5py.Group) else 0)
    if path.count("/") > MAX_DEPTH:
        found.steps = MAX_STEPS + 1
    if found.steps > MAX_STEPS:
        text = f"the file has more than {MAX_STEPS:,} links and attributes or {MAX_DEPTH} levels"
        found.problems.append(Law.LIMITS.broken(short(path), "HDF5 group", text, instead=_REPACK))
    return not found.exhausted


def _unseen(path: str, group: h5py.Group, seen: set[int], problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    """The members of a group not met before: hard links may form loops."""
    for raw, kind, address in _links(group):
        name = raw.decode("utf-8", "replace")
        inner = f"{path}/{short(name)}".lstrip("/")
        if not _is_plain(raw):
            text = "a name that is a path, holds control characters or is no text"
            problems.append(Law.NAMES.broken(inner, "HDF5 name", text, instead=_REPACK))
            continue
        if kind != h5py.h5l.TYPE_HARD:
            problems.append(_of_link(inner, name, group, kind))
        elif address not in seen:
            seen.add(address)
            yield inner, group[name]


def _links(group: h5py.Group) -> list[tuple[bytes, int, int]]:
    """Name, kind and, of a hard link, the address of what it leads to; in one pass, which looks behind no link."""
    found: list[tuple[bytes, int, int]] = []
    group.id.links.iterate(lambda name, info: found.append((name, info.type, info.u)), info=True)
    return found


def _is_plain(raw: bytes) -> bool:
    """HDF5 would resolve a name with a slash as a path, and Windows wrote some with backslashes in earnest."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return name not in ("", ".") and "/" not in name and plain.is_plain(name)


def _of_link(path: str, name: str, group: h5py.Group, kind: int) -> Problem:
    """Everything but a hard link is refused; where it leads is told, never looked at."""
    if kind == h5py.h5l.TYPE_EXTERNAL:
        text, target = "an external link would read another file", group.get(name, getlink=True).filename
        return Law.OTHER_FILES.broken(path, "HDF5 external link", text, "file", short(target), _REPACK)
    if kind == h5py.h5l.TYPE_SOFT:
        text, target = "a soft link has no place in a Keras file", group.get(name, getlink=True).path
        return Law.OTHER_FILES.broken(path, "HDF5 soft link", text, "path", short(target), _REPACK)
    return Law.OTHER_FILES.broken(path, "HDF5 link", "a link of an unknown kind is never followed", instead=_REPACK)


def _of_object(path: str, thing: Any, found: Stored) -> Iterator[Problem]:
    yield from _of_attributes(path, thing, found)
    if isinstance(thing, h5py.Dataset):
        yield from _of_dataset(path, thing, found)
    elif not isinstance(thing, h5py.Group):
        yield Law.FORM.broken(path, "HDF5 datatype", "a named datatype has no place in a Keras file", instead=_REPACK)


def _of_attributes(path: str, thing: Any, found: Stored) -> Iterator[Problem]:
    """Attributes are measured before anybody reads one."""
    for index in range(h5py.h5a.get_num_attrs(thing.id)):
        attribute = h5py.h5a.open(thing.id, index=index)
        name = attribute.name.decode("utf-8", "replace")
        kind, size = attribute.get_type(), math.prod(attribute.shape or ())
        if kind.get_class() not in _PLAIN_TYPES:
            yield _foreign_type(path, "HDF5 attribute", kind, name)
        elif size * kind.get_size() > found.file_size:
            text = f"it declares {size * kind.get_size():,} bytes in a file of {found.file_size:,}"
            yield Law.PROMISES.broken(path, "HDF5 attribute", text, "attribute", short(name), _REPACK)


def _of_dataset(path: str, dataset: h5py.Dataset, found: Stored) -> Iterator[Problem]:
    layout = dataset.id.get_create_plist()
    if layout.get_external_count():
        text = "external storage would read another file into a weight"
        name = layout.get_external(0)[0].decode("utf-8", "replace")
        yield Law.OTHER_FILES.broken(path, "HDF5 external storage", text, "file", short(name), _REPACK)
    elif layout.get_layout() == h5py.h5d.VIRTUAL:
        # Not even its shape is asked for: HDF5 may open the sources to find it.
        text = "a virtual dataset would read other files"
        yield Law.OTHER_FILES.broken(path, "HDF5 virtual dataset", text, instead=_REPACK)
    else:
        yield from _of_storage(path, dataset, layout, found)


def _of_storage(path: str, dataset: h5py.Dataset, layout: Any, found: Stored) -> Iterator[Problem]:
    kind = dataset.id.get_type()
    if kind.get_class() not in _PLAIN_TYPES:
        yield _foreign_type(path, "HDF5 dataset", kind)
        return
    elements = math.prod(dataset.shape or ())
    declared, stored = elements * kind.get_size(), dataset.id.get_storage_size()
    chunk = math.prod(dataset.chunks or ()) * kind.get_size()
    if not found.allows(max(declared, chunk), stored):
        text = f"it declares {max(declared, chunk):,} bytes and stores {min(stored, found.file_size):,}"
        yield Law.PROMISES.broken(path, "HDF5 dataset", text, "shape", short(dataset.shape), _REPACK)
        return
    found.elements += elements
    found.declared += declared
    foreign = list(_of_filters(path, layout))
    yield from foreign
    if not foreign:
        found.arrays.append(_array(path, dataset, declared))


def _array(path: str, dataset: h5py.Dataset, declared: int) -> StoredArray:
    dtype = dataset.dtype
    text = dtype.kind in "OSU"
    return StoredArray(path, dataset.shape or (), "string" if text else dtype.name, declared)


def _of_filters(path: str, layout: Any) -> Iterator[Problem]:
    for index in range(layout.get_nfilters()):
        code, _, _, name = layout.get_filter(index)
        if code not in _FILTERS:
            text = "its compression needs a plug-in of HDF5, which is never searched for"
            value = f"{code} {name.decode('utf-8', 'replace')}"
            yield Law.OTHER_FILES.broken(path, "HDF5 filter", text, "filter", short(value), _REPACK)


def _foreign_type(path: str, what: str, kind: Any, attribute: str | None = None) -> Problem:
    text = f"it holds {_TYPE_NAMES.get(kind.get_class(), 'values of an unknown type')}, where Keras writes numbers"
    if attribute is None:
        return Law.FORM.broken(path, what, text, instead=_REPACK)
    return Law.FORM.broken(path, what, text, "attribute", short(attribute), _REPACK)


def _of_total(found: Stored) -> Iterator[Problem]:
    """Many small promises are a large one."""
    if not found.allows(found.declared, found.file_size):
        text = f"its datasets declare {found.declared:,} bytes together, the file has {found.file_size:,}"
        yield Law.PROMISES.broken("", "HDF5 file", text, instead=_REPACK)
