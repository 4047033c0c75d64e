"""NPZ: arrays of NumPy in a zip archive, whose headers are read as text and never unpickled."""

from __future__ import annotations

from collections.abc import Iterator

from interchange.errors import Problem
from keras2to3.scanner.readers import npy
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.readers.zip_archive import Archive
from keras2to3.scanner.readers.zip_members import BrokenArchiveError
from keras2to3.scanner.scanned_file import ScannedFile, StoredTensor


def examine(archive: Archive, size: int) -> ScannedFile:
    """Scan an NPZ file of `size` bytes whose members are known."""
    problems = list(archive.problems)
    tensors = tuple(_tensors(archive, problems))
    return ScannedFile(
        path=archive.path,
        format="npz",
        saved_by={"keras_version": None, "backend": None},
        architecture=None,
        training=None,
        has_optimizer=False,
        size=size,
        tensors=tensors,
        problems=tuple(problems),
    )


def _tensors(archive: Archive, problems: list[Problem]) -> Iterator[StoredTensor]:
    for name in archive.members:
        tensor = _tensor(archive, name, problems)
        if tensor is not None:
            yield tensor


def _tensor(archive: Archive, name: str, problems: list[Problem]) -> StoredTensor | None:
    try:
        return npy.tensor(name.removesuffix(".npy"), archive.head(name, npy.HEAD), archive.window(name))
    except npy.UntrustedArrayError as error:
        problems.append(error.policy.violation(short(name), "NumPy array", f"it {error}"))
    except BrokenArchiveError as error:
        problems.append(error.policy.violation(short(name), "NumPy array", f"it {error}"))
    return None
