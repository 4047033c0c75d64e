"""The files of published packages that prove rules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """The file that proves a rule: its `path` below the sources of a released `package`, and what it does there."""

    package: str
    path: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.package}: {self.path}{f' ({self.note})' if self.note else ''}"


def keras2(path: str, note: str = "") -> Source:
    """A file of Keras 2.15 below `keras/src`."""
    return Source("keras 2.15", path, note)


def keras3(path: str, note: str = "") -> Source:
    """A file of Keras 3 below `keras/src`."""
    return Source("keras 3", path, note)


def addons(path: str, note: str = "") -> Source:
    """A file of TensorFlow Addons, which has ended and is not installed anywhere."""
    return Source("tensorflow_addons 0.23", path, note)
