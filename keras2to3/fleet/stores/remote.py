"""An object store, through fsspec: `s3://`, `gs://`, `az://`, `hf://`, `memory://` and others. Nothing else imports it.

A store of S3 compares the version of a file with the one that is to be replaced itself. The other ones are asked for it
right before, so that two writers of the same file within that moment are not told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure
from keras2to3.fleet.stores.answering import answering
from keras2to3.fleet.stores.store import ChangedError, StoredFile

_VERSIONS = ("ETag", "etag", "generation", "content_md5", "sha256", "blob_id", "mtime", "LastModified", "created")
"""What tells versions of a file apart, by the name that each store has for it."""

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az", "abfss": "az", "hf": "hf"}
_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "s3": {"config_kwargs": {"retries": {"max_attempts": 8, "mode": "standard"}, "connect_timeout": 10}},
}
"""How long a store is asked again that is busy: S3 with pauses that grow up to 20 s."""

_CHANGED = 22  # what s3fs makes of 412 in a write


class Remote:
    """The store of a URL. Credentials are those of this process: fsspec finds them in its environment and its files."""

    def __init__(self, url: str) -> None:
        protocol = url.partition("://")[0]
        self.url = url.rstrip("/")
        self._files, self._root = _opened(self.url, protocol)
        self._is_s3 = hasattr(self._files, "call_s3")

    def list(self, folder: str = "") -> Iterator[StoredFile]:
        """Every file below a folder, in the order of the keys."""
        for path, facts in self._found(self._path(folder) if folder else self._root).items():
            key = path[len(self._root) :].lstrip("/")
            if facts["type"] == "file" and key and not key.endswith("/"):
                yield StoredFile(key, facts["size"] or 0, _version(facts))

    @answering
    def read(self, key: str) -> tuple[bytes, str]:
        """Content and version of a file; one that is replaced between both questions is read again."""
        while True:
            version = self._version_of(key)
            content = self._files.cat_file(self._path(key))
            if self._version_of(key) == version:
                return bytes(content), version

    @answering
    def create(self, key: str, content: bytes) -> bool:
        """Write a file that does not exist."""
        try:
            self._files.pipe_file(self._path(key), content, mode="create")
        except FileExistsError:
            return False
        return True

    @answering
    def replace(self, key: str, content: bytes, version: str) -> bool:
        """Write a file that has this version."""
        try:
            if self._is_s3:
                bucket, name, _ = self._files.split_path(self._path(key))
                self._files.call_s3("put_object", Bucket=bucket, Key=name, Body=content, IfMatch=version)
            elif self._version_of(key) == version:
                self.write(key, content)
            else:
                return False
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno == _CHANGED:
                return False
            raise
        return True

    @answering
    def write(self, key: str, content: bytes) -> None:
        """Write a file, whether it exists or not."""
        self._files.pipe_file(self._path(key), content)

    @answering
    def upload(self, key: str, path: Path) -> None:
        """Write a file or a folder of this machine, whether it exists or not."""
        self._files.put(str(path), self._path(key), recursive=path.is_dir())

    @answering
    def download(self, file: StoredFile, path: Path) -> None:
        """Write a file to a path of this machine, and compare size and version."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._files.get_file(self._path(file.key), str(path))
        if path.stat().st_size != file.size or self._version_of(file.key) != file.version:
            raise ChangedError(f"{self.url}/{file.key} has changed since it was listed")

    @answering
    def delete(self, key: str) -> None:
        """Delete a file, or everything below a folder."""
        self._files.invalidate_cache()
        if self._files.exists(self._path(key)):
            self._files.rm(self._path(key), recursive=True)

    @answering
    def _found(self, top: str) -> Mapping[str, Mapping[str, Any]]:
        self._files.invalidate_cache()
        try:
            return dict(self._files.find(top, detail=True))
        except FileNotFoundError:
            return {}

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"

    def _version_of(self, key: str) -> str:
        self._files.invalidate_cache()
        return _version(self._files.info(self._path(key)))


def _opened(url: str, protocol: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it. Raises `Failure` if it cannot be had."""
    extra = _EXTRAS.get(protocol, "s3")
    try:
        import fsspec
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise _missing(url, extra) from error
    if protocol not in fsspec.available_protocols():
        known = ", ".join(sorted(set(_EXTRAS)))
        raise Failure(Exit.USAGE, f"{url}: no store is called {protocol}", f"stores are {known}, file and memory")
    try:
        files, root = url_to_fs(url, **_OPTIONS.get(protocol, {}))
    except ImportError as error:
        raise _missing(url, extra) from error
    return files, root.rstrip("/")


def _missing(url: str, extra: str) -> Failure:
    text = f"{url}: what reads this store is not installed"
    return Failure(Exit.ENVIRONMENT, text, f"install it: pip install 'keras2to3[{extra}]'")


def _version(facts: Mapping[str, Any]) -> str:
    """What tells a version of a file from others, as the store says it; its size where it says nothing."""
    known = next((facts[name] for name in _VERSIONS if facts.get(name) is not None), facts.get("size"))
    return str(known.timestamp() if isinstance(known, datetime) else known)
