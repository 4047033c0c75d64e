"""Attacks in HDF5 itself, which every format that holds HDF5 can carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import h5py
import numpy as np

from tests.attacks.canary import KERNEL, Canary

MANY = 60_000


@dataclass(frozen=True)
class Hostile:
    """What is done to the group that holds a layer's weights, and the policy that must be named for it."""

    policy: str
    edit: Callable[[h5py.Group, Canary], None]


def _external(group: h5py.Group, canary: Canary) -> None:
    files = [(str(canary.secret), 0, 48)]
    group.create_dataset("attack", KERNEL, "float32", external=files)


def _external_link(group: h5py.Group, canary: Canary) -> None:
    group["attack"] = h5py.ExternalLink(str(canary.secret_h5), "/kernel")


def _external_group(group: h5py.Group, canary: Canary) -> None:
    group["attack"] = h5py.ExternalLink(str(canary.secret_h5), "/")


def _virtual(group: h5py.Group, canary: Canary, maxshape: tuple[int | None, ...] | None = None) -> None:
    layout = h5py.VirtualLayout(KERNEL, "float32", maxshape=maxshape)
    layout[:] = h5py.VirtualSource(str(canary.secret_h5), "kernel", KERNEL)
    group.create_virtual_dataset("attack", layout)


def _type(dtype: object) -> Callable[[h5py.Group, Canary], None]:
    """A dataset of a type that Keras never writes."""

    def edit(group: h5py.Group, canary: Canary) -> None:
        kind = h5py.h5t.py_create(np.dtype(dtype), logical=True)
        h5py.h5d.create(group.id, b"attack", kind, h5py.h5s.create_simple((2,)))

    return edit


def _reference(group: h5py.Group, canary: Canary) -> None:
    group["attack"] = np.array([group.ref], dtype=h5py.ref_dtype)


def _reference_in_an_attribute(group: h5py.Group, canary: Canary) -> None:
    group.attrs["attack"] = group.ref


def _plug_in(group: h5py.Group, canary: Canary) -> None:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4,))
    plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
    space = h5py.h5s.create_simple((4,))
    h5py.h5d.create(group.id, b"attack", h5py.h5t.NATIVE_FLOAT, space, plist)


def _bomb(group: h5py.Group, canary: Canary) -> None:
    group.create_dataset("attack", (2**26,), "float32", chunks=(2**20,), compression="gzip", fillvalue=0)
    group["attack"][: 2**20] = 0


def _many_promises(group: h5py.Group, canary: Canary) -> None:
    for index in range(100):
        group.create_dataset(f"attack{index}", (2**20,), "float32")


def _named(name: str) -> Callable[[h5py.Group, Canary], None]:
    return lambda group, canary: h5py.h5g.create(group.id, name.encode()) and None


def _groups_in_each_other(group: h5py.Group, canary: Canary) -> None:
    one, other = group.create_group("one"), group.create_group("other")
    one["attack"], other["attack"] = other, one


def _many_attributes(group: h5py.Group, canary: Canary) -> None:
    for index in range(2_000):
        h5py.h5a.create(group.id, b"a%d" % index, h5py.h5t.NATIVE_INT8, h5py.h5s.create(h5py.h5s.SCALAR))


def _many_links(group: h5py.Group, canary: Canary) -> None:
    group.create_group("one")
    for index in range(MANY):
        group.id.links.create_hard(f"n{index}".encode(), group.id, b"one")


def _links_that_multiply(group: h5py.Group, canary: Canary) -> None:
    group.create_group("one")
    for outer in range(100):
        inner = group.create_group(f"group{outer}")
        for index in range(MANY // 100):
            inner.id.links.create_hard(f"n{index}".encode(), group.id, b"one")


HDF5: Mapping[str, Hostile] = {
    # CVE-2026-1669
    "external_storage": Hostile("other-files", _external),
    "external_link": Hostile("other-files", _external_link),
    "external_link_to_a_group": Hostile("other-files", _external_group),
    "soft_link": Hostile("other-files", lambda group, c: group.__setitem__("attack", h5py.SoftLink("/elsewhere"))),
    "soft_link_to_itself": Hostile(
        "other-files", lambda group, c: group.__setitem__("attack", h5py.SoftLink(f"{group.name}/attack"))
    ),
    "virtual_dataset": Hostile("other-files", _virtual),
    "virtual_dataset_without_end": Hostile("other-files", lambda group, c: _virtual(group, c, (None, 3))),
    "plug_in": Hostile("other-files", _plug_in),
    # CVE-2026-0897
    "more_numbers_than_memory": Hostile(
        "promises", lambda group, c: group.create_dataset("attack", (2**40,), "float32", chunks=(1024,)) and None
    ),
    "shape_that_overflows": Hostile(
        "promises", lambda group, c: group.create_dataset("attack", (2**20, 2**20, 2**19), "float32") and None
    ),
    "decompression_bomb": Hostile("promises", _bomb),
    "one_huge_chunk": Hostile(
        "promises",
        lambda group, c: group.create_dataset("attack", (1,), "float32", maxshape=(None,), chunks=(2**28,)) and None,
    ),
    "more_chunks_than_can_be_listed": Hostile(
        "promises", lambda group, c: group.create_dataset("attack", (2**20,), "float32", chunks=(1,)) and None
    ),
    "many_promises": Hostile("promises", _many_promises),
    # CVE-2026-12479
    "name_that_climbs": Hostile("names", _named("..")),
    "name_with_a_line_break": Hostile("names", _named("line\nbreak")),
    "name_that_steers_a_terminal": Hostile("names", _named("\x1b[2J")),
    "name_of_the_host": Hostile("names", _named("..\\..\\attack")),
    # Forms and limits
    "opaque_bytes": Hostile("form", _type("V7")),
    "records": Hostile("form", _type([("code", "u1"), ("data", "f4")])),
    "sequences": Hostile("form", _type(h5py.vlen_dtype("int32"))),
    "references": Hostile("form", _reference),
    "references_in_an_attribute": Hostile("form", _reference_in_an_attribute),
    "named_datatype": Hostile("form", lambda group, c: group.__setitem__("attack", np.dtype("f4"))),
    "group_in_itself": Hostile("form", lambda group, c: group.__setitem__("attack", group)),
    "group_in_its_parent": Hostile("form", lambda group, c: group.__setitem__("attack", group.parent)),
    "groups_in_each_other": Hostile("form", _groups_in_each_other),
    "too_many_attributes": Hostile("limits", _many_attributes),
    "long_name": Hostile("limits", _named("x" * 2_000)),
    "too_many_links": Hostile("limits", _many_links),
    "links_that_multiply": Hostile("limits", _links_that_multiply),
    "groups_too_deep": Hostile("limits", lambda group, c: group.create_group("/".join(["g"] * 80)) and None),
}
