"""The policies for HDF5 itself: no link, dataset or type may reach outside the file or promise more than it stores."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import h5py

from interchange.errors import Problem
from keras2to3.scanner import safe_names
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers.hdf5_btrees import BTrees
from keras2to3.scanner.readers.hdf5_datasets import problems_of_dataset
from keras2to3.scanner.readers.hdf5_headers import ATTRIBUTE, Headers, UnknownLayoutError, declared_texts
from keras2to3.scanner.readers.hdf5_tree import (
    MAX_STEPS,
    PLAIN_TYPES,
    REPACK,
    HDF5Object,
    ObjectTree,
    foreign_type,
)
from keras2to3.scanner.readers.json_document import short

MAX_DEPTH = 64
MAX_ATTRIBUTES = 1_000


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
    pending: list[HDF5Object] = [HDF5Object("", b"", file, root, tuple(headers.messages(root)))]
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


def _affords(at: HDF5Object, trees: BTrees, tree: ObjectTree) -> bool:
    """Count the members before any is listed; links and nodes can make a small file look large."""
    path, thing = at.path, at.thing
    wrong = trees.problem(at.messages)
    attributes = h5py.h5a.get_num_attrs(thing.id)
    if wrong is None and attributes > MAX_ATTRIBUTES:
        wrong = f"it has {attributes:,} attributes"
    if wrong is not None:
        tree.problems.append(Policy.LIMITS.violation(short(path), "HDF5 object", wrong, instead=REPACK))
        tree.given_up = True
        return False
    tree.steps += 1 + attributes + (len(thing) if isinstance(thing, h5py.Group) else 0)
    if path.count("/") > MAX_DEPTH:
        tree.steps = MAX_STEPS + 1
    if tree.steps > MAX_STEPS:
        text = f"the file has more than {MAX_STEPS:,} links and attributes or {MAX_DEPTH} levels"
        tree.problems.append(Policy.LIMITS.violation(short(path), "HDF5 group", text, instead=REPACK))
    return not tree.exhausted


def _unseen(
    at: HDF5Object, headers: Headers, seen: set[int], below: list[int], problems: list[Problem]
) -> Iterator[HDF5Object]:
    """The members of a group not met before; the addresses of all of them go to `below`."""
    path, group = at.path, at.thing
    for raw, kind, address in _links(group):
        name = raw.decode("utf-8", "replace")
        inner = f"{path}/{short(name)}".lstrip("/")
        if not _is_plain(raw):
            text = "a name that is a path, holds control characters or is not text"
            problems.append(Policy.NAMES.violation(inner, "HDF5 name", text, instead=REPACK))
            continue
        if kind != h5py.h5l.TYPE_HARD:
            problems.append(_of_link(inner, name, group, kind))
            continue
        below.append(address)
        if address not in seen:
            seen.add(address)
            place, messages = b"/".join((at.place, raw)), tuple(headers.messages(address))
            yield HDF5Object(inner, place, group[name], address, messages)


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
        return Policy.OTHER_FILES.violation(path, "HDF5 external link", text, "file", short(target), REPACK)
    if kind == h5py.h5l.TYPE_SOFT:
        text, target = "Keras files have no soft links", group.get(name, getlink=True).path
        return Policy.OTHER_FILES.violation(path, "HDF5 soft link", text, "path", short(target), REPACK)
    return Policy.OTHER_FILES.violation(
        path, "HDF5 link", "a link of an unknown kind is never followed", instead=REPACK
    )


def _of_object(at: HDF5Object, headers: Headers, tree: ObjectTree) -> Iterator[Problem]:
    path, thing = at.path, at.thing
    yield from _of_attributes(at, headers, tree)
    if isinstance(thing, h5py.Dataset):
        yield from problems_of_dataset(at, tree)
    elif not isinstance(thing, h5py.Group):
        yield Policy.FORM.violation(path, "HDF5 datatype", "Keras files have no named datatypes", instead=REPACK)


def _of_attributes(at: HDF5Object, headers: Headers, tree: ObjectTree) -> Iterator[Problem]:
    """Attributes are measured before one is read."""
    names: list[bytes] = []
    h5py.h5a.iterate(at.thing.id, names.append)  # by number, HDF5 would go through all of them for each
    elsewhere = False  # whether a text is in a heap, whose length HDF5 would not check
    for raw in names:
        attribute = h5py.h5a.open(at.thing.id, raw)
        kind, size = attribute.get_type(), math.prod(attribute.shape or ())
        class_ = kind.get_class()
        if class_ not in PLAIN_TYPES:
            yield foreign_type(at.path, "HDF5 attribute", kind, raw.decode("utf-8", "replace"))
        elif (declared := size * kind.get_size()) > tree.file_size:
            text = f"it declares {declared:,} bytes in a file of {tree.file_size:,}"
            name = short(raw.decode("utf-8", "replace"))
            yield Policy.PROMISES.violation(at.path, "HDF5 attribute", text, "attribute", name, REPACK)
        elsewhere = elsewhere or (class_ == h5py.h5t.STRING and kind.is_variable_str())
    if elsewhere:
        yield from _of_texts(at, headers, len(names), tree)


def _of_texts(at: HDF5Object, headers: Headers, count: int, tree: ObjectTree) -> Iterator[Problem]:
    """HDF5 takes the memory that a text declares, up to 4 GiB, before it finds that it is not there."""
    messages = [message for message in at.messages if message.kind == ATTRIBUTE]
    if len(messages) != count:
        raise UnknownLayoutError("its attributes are where h5py never writes them")
    declared = sum(declared_texts(headers, message) for message in messages)
    if declared > tree.file_size:
        text = f"its attributes declare texts of {declared:,} bytes in a file of {tree.file_size:,}"
        yield Policy.PROMISES.violation(at.path, "HDF5 attribute", text, instead=REPACK)
        tree.given_up = True


def _of_total(tree: ObjectTree) -> Iterator[Problem]:
    """Many small promises are a large one."""
    if not tree.allows(tree.declared, tree.file_size):
        text = f"its datasets declare {tree.declared:,} bytes together, the file has {tree.file_size:,}"
        yield Policy.PROMISES.violation("", "HDF5 file", text, instead=REPACK)


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
        yield Policy.FORM.violation("", "HDF5 group", "a group holds itself, or one that holds it", instead=REPACK)
