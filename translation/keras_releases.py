"""Which Keras wrote a file, by the version in it or as the user says."""

from __future__ import annotations

import re
from dataclasses import dataclass

Release = tuple[int, ...]

# Keras within TensorFlow 1.4 to 2.2 numbers itself after the Keras that it resembles: the first and last TensorFlow.
_WITHIN: dict[Release, tuple[Release, Release]] = {
    (2, 0): ((1, 4), (1, 4)),
    (2, 1): ((1, 5), (1, 12)),
    (2, 2): ((1, 13), (2, 1)),
    (2, 3): ((2, 2), (2, 2)),
}
_LAST_ALONE = (2, 3)  # from 2.4 on, Keras is that of TensorFlow, whoever imports it
_LAST = (2, 20)
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?((?:[-.]?(?:a|b|rc|dev)[-.]?\d*)*)(-tf)?\Z")
_TENSORFLOW = re.compile(r"tf-(\d{1,4}\.\d{1,4})(?:\.\d{1,4})?\Z")


@dataclass(frozen=True)
class Author:
    """A Keras of its own, in the release `alone`, or the one of a TensorFlow between two releases, both included."""

    text: str
    alone: Release | None = None
    within: tuple[Release, Release] | None = None

    def is_before(self, alone: Release, within: Release) -> bool | None:
        """Whether it is older than a release of Keras, or of TensorFlow; None where its number does not tell."""
        if self.within is None:
            return self.alone is not None and self.alone < alone
        first, last = self.within
        return None if first < within <= last else last < within

    def __str__(self) -> str:
        return f"TensorFlow {self.text[3:]}" if self.text.startswith("tf-") else f"Keras {self.text}"


def author(text: object) -> Author | None:
    """The author with a version, as a file has it, or `tf-2.1`; None if no Keras has this version."""
    if not isinstance(text, str):
        return None
    if found := _TENSORFLOW.match(text):
        release = _release(found[1])
        return Author(text, within=(release, release)) if (1, 4) <= release <= _LAST else None
    found = _VERSION.match(text)
    if found is None:
        return None
    release, minor = _release(*filter(None, found.group(1, 2, 3))), _release(*found.group(1, 2))
    if found[5]:
        return Author(text, within=_WITHIN[minor]) if minor in _WITHIN else None
    if minor <= _LAST_ALONE:
        return Author(text, alone=release)
    return Author(text, within=_since_2_4(minor)) if minor <= _LAST or minor[0] == 3 else None


def _release(*parts: str) -> Release:
    return tuple(int(part) for text in parts for part in text.split("."))


def _since_2_4(minor: Release) -> tuple[Release, Release]:
    """The numbers of Keras and TensorFlow are the same, but that 2.4 came with two of them."""
    return ((2, 3), (2, 4)) if minor == (2, 4) else (minor, minor)
