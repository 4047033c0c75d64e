"""The files of one source: what exactly was scanned, and that it is still what workers read and users get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from keras2to3.results import file_state
from keras2to3.scanner.process.client import Scanner


@dataclass
class SourceFile:
    """A source with the architecture that describes it, if that is another file.

    `sha256` and `architecture_sha256` are empty until `digest` is called.
    """

    path: Path
    architecture: Path | None = None
    sha256: str = ""
    architecture_sha256: str = ""
    _state: file_state.State = field(default=(), repr=False)

    @property
    def read_by_workers(self) -> list[Path]:
        """All files and folders that a worker has to read, links followed; the source itself comes first."""
        return file_state.read_by_workers(self.path)

    @property
    def real(self) -> Path:
        """The source, or what a link that the user has named leads to."""
        return self.read_by_workers[0]

    @property
    def _watched(self) -> Sequence[Path]:
        """All that must stay as it was scanned until the last worker has read it."""
        paths = [self.path, *([self.architecture] if self.architecture else [])]
        return [place for path in paths for place in file_state.read_by_workers(path)]

    def remember(self) -> None:
        """Note the state of all files, before they are scanned."""
        self._state = file_state.state_of(self._watched)

    def require_unchanged(self) -> None:
        """Raise `Failure(UNREADABLE)` if a file is no longer what was scanned."""
        file_state.require_same(self._state, self._watched)

    def digest(self, scanner: Scanner) -> None:
        """Compute the SHA-256 of the source, and of the file that describes it."""
        self.sha256 = scanner.digest(self.path)
        if self.architecture:
            self.architecture_sha256 = scanner.digest(self.architecture)

    def copy(self, target: Path) -> None:
        """Copy what was scanned. Raises `Failure(UNREADABLE)` if the source is no longer that."""
        file_state.copy_of(self.real, target, self.sha256)
