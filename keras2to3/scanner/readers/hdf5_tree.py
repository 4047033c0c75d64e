"""What a walk over an HDF5 file collects: its objects, its datasets and their problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import h5py

from interchange.errors import Problem
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers.hdf5_headers import Message
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.readers.size_limits import is_plausible

MAX_STEPS = 50_000  # the largest published models take some thousands
MAX_PROBLEMS = 1_000
PLAIN_TYPES = frozenset({h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING, h5py.h5t.ENUM})
_TYPE_NAMES = {
    h5py.h5t.REFERENCE: "references to objects",
    h5py.h5t.OPAQUE: "opaque bytes",
    h5py.h5t.COMPOUND: "records",
    h5py.h5t.VLEN: "sequences of any length",
    h5py.h5t.ARRAY: "arrays",
    h5py.h5t.BITFIELD: "bit fields",
    h5py.h5t.TIME: "times",
}
REPACK = "Load the weights in Keras 2 and save the whole model again with model.save('model.h5')."


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


class HDF5Object(NamedTuple):
    """An object: its reported path, its path in the file, and the address and messages of its header."""

    path: str
    place: bytes
    thing: Any
    address: int
    messages: Sequence[Message]


def foreign_type(path: str, what: str, kind: Any, attribute: str | None = None) -> Problem:
    text = f"it holds {_TYPE_NAMES.get(kind.get_class(), 'values of an unknown type')}, where Keras writes numbers"
    if attribute is None:
        return Policy.FORM.violation(path, what, text, instead=REPACK)
    return Policy.FORM.violation(path, what, text, "attribute", short(attribute), REPACK)
