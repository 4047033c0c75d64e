"""What a plan, a shard and a merge need of the place where files are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class StoredFile:
    """A file of a store: its key, which is a path with `/`, its size in bytes, and what tells versions of it apart."""

    key: str
    size: int
    version: str


class ChangedError(OSError):
    """A file is no longer what was listed."""


class UnavailableError(OSError):
    """A store does not answer, or fails, also after it was asked again. It says nothing of the file."""


class Sources(Protocol):
    """What can be read of a store. Methods raise as those of `Store`."""

    @property
    def url(self) -> str:
        """Where it is, as the user wrote it, without a slash at the end."""

    def list(self, folder: str = "") -> Iterator[StoredFile]:
        """Every file below a folder, in any order; none for a folder that does not exist."""

    def download(self, file: StoredFile, path: Path) -> None:
        """Write a file to a path of this machine. Raises ChangedError if it has another version than was listed."""


class Store(Sources, Protocol):
    """A folder of files. Methods raise OSError where the store refuses an answer, UnavailableError where it gives none.

    A file is created or replaced at once or not at all: no reader ever sees a part of one.
    """

    def read(self, key: str) -> tuple[bytes, str]:
        """Content and version of a file. Raises FileNotFoundError."""

    def create(self, key: str, content: bytes) -> bool:
        """Write a file that does not exist; False if it does. Of several writers one succeeds."""

    def replace(self, key: str, content: bytes, version: str) -> bool:
        """Write a file that has this version; False if it has another one, or does not exist."""

    def write(self, key: str, content: bytes) -> None:
        """Write a file, whether it exists or not."""

    def upload(self, key: str, path: Path) -> None:
        """Write a file or a folder of this machine, whether it exists or not."""

    def delete(self, key: str) -> None:
        """Delete a file, or a folder with all that is in it; nothing happens if it does not exist."""
