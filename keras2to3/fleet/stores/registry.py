"""A registry of MLflow as a store of sources: `mlflow://HOST?filter=...`. Nothing else imports its client.

A file of it is `NAME/VERSION/PATH`, with the path among the artifacts of a version. Nothing is written to a registry
but the tags that say what has become of a version.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlsplit

from interchange.errors import Exit, Failure
from keras2to3.fleet.stores.answering import answering
from keras2to3.fleet.stores.store import ChangedError, StoredFile

SCHEME = "mlflow"
_INSTALL = "install it: pip install 'keras2to3[mlflow]'"
_TAG = "keras2to3."
_READY = "READY"
_UNKNOWN = 0  # bytes of a file whose place does not tell its size
_GONE, _FORBIDDEN = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"), ("PERMISSION_DENIED", "UNAUTHENTICATED")
_OF_MLFLOW = frozenset((
    "MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "registered_model_meta", "input_example.json",
    "serving_input_example.json",
))  # fmt: skip
"""What MLflow writes beside a model, which is none itself."""


class Registry:
    """The versions of models in a registry that its filter selects, as files.

    Without a host the registry is that of MLFLOW_REGISTRY_URI, or of MLFLOW_TRACKING_URI. Credentials are those that
    the client of MLflow finds. Raises `Failure` for a URL that is none of a registry.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = parse_qs(parts.query, keep_blank_values=True, errors="strict")
        if unknown := sorted(query.keys() - {"filter"}):
            text = f"{parts.scheme}://{parts.netloc}: {unknown[0]} is no setting of a registry"
            raise Failure(Exit.USAGE, text, "write mlflow://HOST?filter=FILTER")
        self._filter = "".join(query.get("filter", ()))
        self._place = f"https://{parts.netloc}{parts.path.rstrip('/')}" if parts.netloc else None
        self.url = f"{SCHEME}://{parts.netloc}{parts.path.rstrip('/')}"

    @answering
    def list(self, folder: str = "") -> Iterator[StoredFile]:
        """The files of all versions that are ready, or of those below a folder."""
        files = [file for version in self._versions() for file in self._files(version)]
        return iter([file for file in files if f"{file.key}/".startswith(f"{folder}/" if folder else "")])

    @answering
    def download(self, file: StoredFile, path: Path) -> None:
        """Write a file to a path of this machine, and compare size and version."""
        name, number, place = file.key.split("/", 2)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                Path(self._artifacts(name, number).download_artifacts(place, folder)).replace(path)
            version = _version_of(self._client.get_model_version(name, number))
        except Exception as error:
            raise _known(error) from error
        is_whole = file.size in (_UNKNOWN, path.stat().st_size)
        if version != file.version or not is_whole:
            raise ChangedError(f"{self.url}/{file.key} has changed since it was listed")

    @answering
    def mark(self, key: str, facts: Mapping[str, str | None]) -> None:
        """Set the tags of the version that a file is of; one without a value is taken away."""
        name, number, _ = key.split("/", 2)
        present = self._client.get_model_version(name, number).tags
        for fact, value in facts.items():
            tag = f"{_TAG}{fact}"
            if value is not None and present.get(tag) != value:
                self._client.set_model_version_tag(name, number, tag, value)
            elif value is None and tag in present:
                self._client.delete_model_version_tag(name, number, tag)

    def _versions(self) -> Iterator[Any]:
        token: str | None = None
        while True:
            page = self._client.search_model_versions(self._filter or None, max_results=1000, page_token=token)
            yield from (version for version in page if version.status == _READY)
            token = page.token
            if not token:
                return

    def _files(self, version: Any) -> Iterator[StoredFile]:
        artifacts, folders = self._artifacts(version.name, version.version), [""]
        while folders:
            for each in artifacts.list_artifacts(folders.pop() or None):
                if each.is_dir:
                    folders.append(each.path)
                elif PurePosixPath(each.path).as_posix() not in _OF_MLFLOW:
                    key = f"{version.name}/{version.version}/{each.path}"
                    yield StoredFile(key, _UNKNOWN if each.file_size is None else each.file_size, _version_of(version))

    def _artifacts(self, name: str, number: str) -> Any:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        place = self._client.get_model_version_download_uri(name, str(number))
        return get_artifact_repository(place, tracking_uri=self._place, registry_uri=self._place)

    @functools.cached_property
    def _client(self) -> Any:
        try:
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise Failure(Exit.ENVIRONMENT, f"{self.url}: the client of MLflow is not installed", _INSTALL) from error
        return MlflowClient(tracking_uri=self._place, registry_uri=self._place)


def _version_of(version: Any) -> str:
    """What tells a version from another one of its number, which was registered after it was deleted."""
    return str(version.creation_timestamp)


def _known(error: Any) -> Exception:
    """What MLflow has raised, as Python calls it where it says something of the file."""
    code = getattr(error, "error_code", "")
    if code in _GONE:
        return FileNotFoundError(f"it does not exist: {error}")
    return PermissionError(f"it may not be read: {error}") if code in _FORBIDDEN else error
