"""A folder of this machine, or of a file system that many machines share."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from keras2to3.fleet.stores.store import ChangedError, StoredFile
from keras2to3.results import deletion, durability, locks
from keras2to3.results.portable_names import HIDDEN

_LOCK = "versions.lock"


class Folder:
    """The store of a folder; drafts lie in its hidden folder, so that a rename puts them in place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)

    def list(self, folder: str = "") -> Iterator[StoredFile]:
        """Every file below a folder, without links to folders."""
        for parent, folders, files in os.walk(self.root / folder):
            folders.sort()
            for name in sorted(files):
                path = Path(parent, name)
                with contextlib.suppress(FileNotFoundError):
                    yield StoredFile(path.relative_to(self.root).as_posix(), path.stat().st_size, _version(path))

    def read(self, key: str) -> tuple[bytes, str]:
        """Content and version of a file."""
        path = self.root / key
        with path.open("rb") as file:
            version = _version_of(os.fstat(file.fileno()))
            return file.read(), version

    def create(self, key: str, content: bytes) -> bool:
        """Write a file that does not exist: a link to the draft fails if something has its name."""
        with self._draft(content) as draft:
            target = self._parent(key)
            try:
                os.link(draft, target)
            except FileExistsError:
                return False
        return True

    def replace(self, key: str, content: bytes, version: str) -> bool:
        """Write a file that has this version. Writers of all machines take turns by a lock."""
        with self._draft(content) as draft, self._turn():
            target = self.root / key
            if not target.is_file() or _version(target) != version:
                return False
            os.replace(draft, target)
        return True

    def write(self, key: str, content: bytes) -> None:
        """Write a file, whether it exists or not."""
        with self._draft(content) as draft:
            os.replace(draft, self._parent(key))

    def upload(self, key: str, path: Path) -> None:
        """Copy a file or a folder, and rename the copy; a folder that exists is moved away first."""
        with self._draft_path() as draft:
            if path.is_dir():
                shutil.copytree(path, draft)
            else:
                shutil.copyfile(path, draft)
            durability.sync(draft)
            target = self._parent(key)
            if target.is_dir() and not target.is_symlink():
                aside = draft.with_name(f"{draft.name}-old")
                os.replace(target, aside)
                os.replace(draft, target)
                deletion.remove(aside)
            else:
                os.replace(draft, target)
            durability.sync_names(target.parent)

    def download(self, file: StoredFile, path: Path) -> None:
        """Copy a file that is as it was listed, before and after."""
        source = self.root / file.key
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        if _version(source) != file.version:
            raise ChangedError(f"{source} has changed since it was listed")

    def delete(self, key: str) -> None:
        """Delete a file or a folder."""
        path = self.root / key
        if path.is_dir() and not path.is_symlink():
            deletion.remove(path)
        else:
            path.unlink(missing_ok=True)

    def _parent(self, key: str) -> Path:
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    @contextlib.contextmanager
    def _draft(self, content: bytes) -> Iterator[Path]:
        with self._draft_path() as draft:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            yield draft

    @contextlib.contextmanager
    def _draft_path(self) -> Iterator[Path]:
        folder = self.root / HIDDEN / "drafts"
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / secrets.token_hex(16)
        try:
            yield draft
        finally:
            self.delete(draft.relative_to(self.root).as_posix())

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        with (self.root / HIDDEN / _LOCK).open("ab") as file:
            locks.is_locked(file.fileno(), wait=True)
            yield


def _version(path: Path) -> str:
    return _version_of(path.stat())


def _version_of(facts: os.stat_result) -> str:
    return f"{facts.st_mtime_ns:x}-{facts.st_ino:x}-{facts.st_size:x}"
