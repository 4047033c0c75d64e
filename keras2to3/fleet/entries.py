"""One source of a plan, as a line of the list of a shard has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from interchange.errors import Failure
from keras2to3.fleet.stores.store import StoredFile


@dataclass(frozen=True)
class Entry:
    """A source, what it consists of, and the names of its results.

    `source` is the URL or the path that reports name, `store` the URL of its store, empty for a path. `files` are by
    the path relative to the folder that a shard downloads them to, or where they are. `names` has the name of the
    results of the first file, and of a text beside it, which is either its architecture or a model of its own; it is
    empty if `failure` says why nothing is to be done.
    """

    source: str
    store: str
    names: Mapping[str, str]
    files: Mapping[str, StoredFile]
    failure: Failure | None = None

    @property
    def name(self) -> str | None:
        """That of its results; None if it has none."""
        return next(iter(self.names.values()), None)

    @cached_property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    @property
    def versions(self) -> Mapping[str, str]:
        """What tells another content of each file apart."""
        return {file.key: f"{file.size}:{file.version}" for file in self.files.values()}

    def paths(self, folder: Path) -> Mapping[Path, str]:
        """Where its models are once they are downloaded to a folder, and the names of their results."""
        return {folder / path: name for path, name in self.names.items()}

    def to_json(self) -> dict[str, Any]:
        """The line, as an object."""
        files = {path: [file.key, file.size, file.version] for path, file in self.files.items()}
        facts = {"source": self.source, "store": self.store, "names": list(map(list, self.names.items()))}
        return {**facts, "files": files, "failure": self.failure and self.failure.to_json()}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Entry:
        """The inverse of `to_json`."""
        files = {path: StoredFile(*values) for path, values in facts["files"].items()}
        failure = Failure.from_json(facts["failure"]) if facts["failure"] else None
        return cls(facts["source"], facts["store"], dict(facts["names"]), files, failure)
