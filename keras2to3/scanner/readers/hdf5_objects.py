"""The policies for HDF5 itself: no link, dataset or type may reach outside the file or promise more than it stores."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import h5py

from interchange.errors import Problem
from keras2to3.scanner import safe_names
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers.hdf5_btrees import BTrees
from keras2to3.scanner.readers.hdf5_headers import ATTRIBUTE, Headers, Message, UnknownLayoutError, declared_texts
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.readers.size_limits import is_plausible

MAX_STEPS = 50_000  # the largest published models take some thousands
MAX_DEPTH = 64
MAX_ATTRIBUTES = 1_000
MAX_PROBLEMS = 1_000

# A chunk that is stored takes at least so many bytes to be listed.
_ENTRY = 16
_FEW_CHUNKS = 4096

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
    """A dataset that keeps every policy; `dtype` is NumPy's name, or `string`.

    `path` is as reported, `place` as HDF5 finds it.
    """

    path: str
    place: bytes
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@dataclass
class ObjectTree:
    """What a walk over a file found: its problems, its datasets, how many numbers they hold, and its groups."""

    file_size: int
    problems: list[Problem] = field(default_factory=list)
    arrays: list[StoredArray] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    elements: int = 0
    declared: int = 0
    steps: int = 0
    given_up: bool = False

    def allows(self, declared: int, stored: int) -> bool:
        """Whether `declared` bytes can plausibly come from `stored` bytes of this file."""
        return is_plausible(declared, min(stored, self.file_size))

    @property
    def exhausted(self) -> bool:
        """Whether the walk was given up."""
        return self.given_up or self.steps > MAX_STEPS or len(self.problems) >= MAX_PROBLEMS


def walk(file: h5py.File, file_size: int, headers: Headers) -> ObjectTree:
    """Visit every object of a file by its links, without following one that leaves it, each object once.

    The `headers` are checked before HDF5 reads them. Raises UnknownLayoutError for invalid ones.
    """
    if not headers.has_usual_sizes:
        raise UnknownLayoutError("its addresses are not of eight bytes")
    tree = ObjectTree(file_size)
    trees = BTrees(headers)
    root = h5py.h5o.get_info(file.id).addr
    seen = {root}
    members: dict[int, list[int]] = {}  # addresses, by that of the group
    pending: list[_Object] = [_Object("", b"", file, root, tuple(headers.messages(root)))]
    while pending and _affords(pending[-1], trees, tree):
        at = pending.pop()
        tree.problems.extend(_of_object(at, headers, tree))
        if isinstance(at.thing, h5py.Group):
            tree.groups.append(at.path)
            below = members.setdefault(at.address, [])
            pending.extend(reversed([*_unseen(at, headers, seen, below, tree.problems)]))
    if not tree.exhausted:
        tree.problems.extend(_of_total(tree))
        tree.problems.extend(_of_circles(members))
    return tree


class _Object(NamedTuple):
    """An object: its reported path, its path in the file, and the address and messages of its header."""

    path: str
    place: bytes
    thing: Any
    address: int
    messages: Sequence[Message]


def _affords(at: _Object, trees: BTrees, tree: ObjectTree) -> bool:
    """Count the members before any is listed; links and nodes can make a small file look large."""
    path, thing = at.path, at.thing
    wrong = trees.problem(at.messages)
    attributes = h5py.h5a.get_num_attrs(thing.id)
    if wrong is None and attributes > MAX_ATTRIBUTES:
        wrong = f"it has {attributes:,} attributes"
    if wrong is not None:
        tree.problems.append(Policy.LIMITS.violation(short(path), "HDF5 object", wrong, instead=_REPACK))
        tree.given_up = True
        return False
    tree.steps += 1 + attributes + (len(thing) if isinstance(thing, h5py.Group) else 0)
    if path.count("/") > MAX_DEPTH:
        tree.steps = MAX_STEPS + 1
    if tree.steps > MAX_STEPS:
        text = f"the file has more than {MAX_STEPS:,} links and attributes or {MAX_DEPTH} levels"
        tree.problems.append(Policy.LIMITS.violation(short(path), "HDF5 group", text, instead=_REPACK))
    return not tree.exhausted


def _unseen(
    at: _Object, headers: Headers, seen: set[int], below: list[int], problems: list[Problem]
) -> Iterator[_Object]:
    """The members of a group not met before; the addresses of all of them go to `below`."""
    path, group = at.path, at.thing
    for raw, kind, address in _links(group):
        name = raw.decode("utf-8", "replace")
        inner = f"{path}/{short(name)}".lstrip("/")
        if not _is_plain(raw):
            text = "a name that is a path, holds control characters or is no text"
            problems.append(Policy.NAMES.violation(inner, "HDF5 name", text, instead=_REPACK))
            continue
        if kind != h5py.h5l.TYPE_HARD:
            problems.append(_of_link(inner, name, group, kind))
            continue
        below.append(address)
        if address not in seen:
            seen.add(address)
            place, messages = b"/".join((at.place, raw)), tuple(headers.messages(address))
            yield _Object(inner, place, group[name], address, messages)


def _links(group: h5py.Group) -> list[tuple[bytes, int, int]]:
    """Name, kind and, of a hard link, the address of its target; in one pass that follows no link."""
    links: list[tuple[bytes, int, int]] = []
    group.id.links.iterate(lambda name, info: links.append((name, info.type, info.u)), info=True)
    return links


def _is_plain(raw: bytes) -> bool:
    """HDF5 would resolve a name with a slash as a path, and Windows wrote some with backslashes in earnest."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return name not in ("", ".") and "/" not in name and safe_names.is_safe_name(name)


def _of_link(path: str, name: str, group: h5py.Group, kind: int) -> Problem:
    """Every link except a hard link is refused; its target is reported and never opened."""
    if kind == h5py.h5l.TYPE_EXTERNAL:
        text, target = "an external link would read another file", group.get(name, getlink=True).filename
        return Policy.OTHER_FILES.violation(path, "HDF5 external link", text, "file", short(target), _REPACK)
    if kind == h5py.h5l.TYPE_SOFT:
        text, target = "a soft link has no place in a Keras file", group.get(name, getlink=True).path
        return Policy.OTHER_FILES.violation(path, "HDF5 soft link", text, "path", short(target), _REPACK)
    return Policy.OTHER_FILES.violation(
        path, "HDF5 link", "a link of an unknown kind is never followed", instead=_REPACK
    )


def _of_object(at: _Object, headers: Headers, tree: ObjectTree) -> Iterator[Problem]:
    path, thing = at.path, at.thing
    yield from _of_attributes(at, headers, tree)
    if isinstance(thing, h5py.Dataset):
        yield from _of_dataset(at, tree)
    elif not isinstance(thing, h5py.Group):
        yield Policy.FORM.violation(
            path, "HDF5 datatype", "a named datatype has no place in a Keras file", instead=_REPACK
        )


def _of_attributes(at: _Object, headers: Headers, tree: ObjectTree) -> Iterator[Problem]:
    """Attributes are measured before one is read."""
    names: list[bytes] = []
    h5py.h5a.iterate(at.thing.id, names.append)  # by number, HDF5 would go through all of them for each
    elsewhere = False  # whether a text is in a heap, whose length HDF5 would not check
    for raw in names:
        attribute = h5py.h5a.open(at.thing.id, raw)
        kind, size = attribute.get_type(), math.prod(attribute.shape or ())
        class_ = kind.get_class()
        if class_ not in _PLAIN_TYPES:
            yield _foreign_type(at.path, "HDF5 attribute", kind, raw.decode("utf-8", "replace"))
        elif (declared := size * kind.get_size()) > tree.file_size:
            text = f"it declares {declared:,} bytes in a file of {tree.file_size:,}"
            name = short(raw.decode("utf-8", "replace"))
            yield Policy.PROMISES.violation(at.path, "HDF5 attribute", text, "attribute", name, _REPACK)
        elsewhere = elsewhere or (class_ == h5py.h5t.STRING and kind.is_variable_str())
    if elsewhere:
        yield from _of_texts(at, headers, len(names), tree)


def _of_texts(at: _Object, headers: Headers, count: int, tree: ObjectTree) -> Iterator[Problem]:
    """HDF5 takes the memory that a text declares, up to 4 GiB, before it finds that it is not there."""
    messages = [message for message in at.messages if message.kind == ATTRIBUTE]
    if len(messages) != count:
        raise UnknownLayoutError("its attributes lie where h5py never puts them")
    declared = sum(declared_texts(headers, message) for message in messages)
    if declared > tree.file_size:
        text = f"its attributes declare texts of {declared:,} bytes in a file of {tree.file_size:,}"
        yield Policy.PROMISES.violation(at.path, "HDF5 attribute", text, instead=_REPACK)
        tree.given_up = True


def _of_dataset(at: _Object, tree: ObjectTree) -> Iterator[Problem]:
    path, dataset = at.path, at.thing
    layout = dataset.id.get_create_plist()
    if layout.get_external_count():
        text = "external storage would read another file into a weight"
        name = layout.get_external(0)[0].decode("utf-8", "replace")
        yield Policy.OTHER_FILES.violation(path, "HDF5 external storage", text, "file", short(name), _REPACK)
    elif layout.get_layout() == h5py.h5d.VIRTUAL:
        # Not even its shape is read: HDF5 may open the sources to find it.
        text = "a virtual dataset would read other files"
        yield Policy.OTHER_FILES.violation(path, "HDF5 virtual dataset", text, instead=_REPACK)
    else:
        yield from _of_storage(at, layout, tree)


def _of_storage(at: _Object, layout: Any, tree: ObjectTree) -> Iterator[Problem]:
    path, dataset = at.path, at.thing
    kind = dataset.id.get_type()
    if kind.get_class() not in _PLAIN_TYPES:
        yield _foreign_type(path, "HDF5 dataset", kind)
        return
    elements = math.prod(dataset.shape or ())
    declared, stored = elements * kind.get_size(), dataset.id.get_storage_size()
    chunk = math.prod(dataset.chunks or ()) * kind.get_size()
    if not tree.allows(max(declared, chunk), stored):
        text = f"it declares {max(declared, chunk):,} bytes and stores {min(stored, tree.file_size):,}"
        yield Policy.PROMISES.violation(path, "HDF5 dataset", text, "shape", short(dataset.shape), _REPACK)
        return
    if dataset.chunks and (count := _chunks(dataset)) > _FEW_CHUNKS + tree.file_size // _ENTRY:
        text = f"it declares {count:,} chunks in a file of {tree.file_size:,} bytes"
        yield Policy.PROMISES.violation(path, "HDF5 dataset", text, "chunks", short(dataset.chunks), _REPACK)
        return
    tree.elements += elements
    tree.declared += declared
    foreign = list(_of_filters(path, layout))
    yield from foreign
    if not foreign:
        tree.arrays.append(_array(at, declared))


def _chunks(dataset: h5py.Dataset) -> int:
    """How many chunks a dataset has, stored or not: HDF5 keeps some memory for each that is read."""
    return math.prod(-(-size // chunk) for size, chunk in zip(dataset.shape, dataset.chunks))


def _array(at: _Object, declared: int) -> StoredArray:
    dtype = at.thing.dtype
    text = dtype.kind in "OSU"
    return StoredArray(at.path, at.place, at.thing.shape or (), "string" if text else dtype.name, declared)


def _of_filters(path: str, layout: Any) -> Iterator[Problem]:
    for index in range(layout.get_nfilters()):
        code, _, _, name = layout.get_filter(index)
        if code not in _FILTERS:
            text = "its compression needs a plug-in of HDF5, which is never searched for"
            value = f"{code} {name.decode('utf-8', 'replace')}"
            yield Policy.OTHER_FILES.violation(path, "HDF5 filter", text, "filter", short(value), _REPACK)


def _foreign_type(path: str, what: str, kind: Any, attribute: str | None = None) -> Problem:
    text = f"it holds {_TYPE_NAMES.get(kind.get_class(), 'values of an unknown type')}, where Keras writes numbers"
    if attribute is None:
        return Policy.FORM.violation(path, what, text, instead=_REPACK)
    return Policy.FORM.violation(path, what, text, "attribute", short(attribute), _REPACK)


def _of_total(tree: ObjectTree) -> Iterator[Problem]:
    """Many small promises are a large one."""
    if not tree.allows(tree.declared, tree.file_size):
        text = f"its datasets declare {tree.declared:,} bytes together, the file has {tree.file_size:,}"
        yield Policy.PROMISES.violation("", "HDF5 file", text, instead=_REPACK)


def _of_circles(members: Mapping[int, Sequence[int]]) -> Iterator[Problem]:
    """Groups that contain each other: Keras, which looks for weights in all of them, would never end."""
    waiting = Counter(below for inner in members.values() for below in inner if below in members)
    free = [group for group in members if not waiting[group]]
    for group in free:  # grows
        for below in members[group]:
            if below in members:
                waiting[below] -= 1
                free += [] if waiting[below] else [below]
    if len(free) < len(members):
        yield Policy.FORM.violation("", "HDF5 group", "a group holds itself, or one that holds it", instead=_REPACK)
