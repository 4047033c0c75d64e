"""What a path holds, told by its bytes and never by its name: HDF5, or a word on what it is instead."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from interchange.errors import Exit, Failure

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_BLOCK = 1 << 20

SAVE_WHOLE = "Save the whole model in Keras 2 with model.save('model.h5') and give that file."

# First bytes of what people hand over instead of a model.h5, and what to do about it.
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a zip archive, perhaps a `.keras` file", "Only HDF5 files (`model.h5`) are read so far."),
    (b"\x1f\x8b", "compressed with gzip", "Decompress it first."),
    (b"BZh", "compressed with bzip2", "Decompress it first."),
    (b"\xfd7zXZ", "compressed with xz", "Decompress it first."),
    (b"\x93NUMPY", "a NumPy array", SAVE_WHOLE),
    *((b"\x80" + protocol, "a Python pickle", SAVE_WHOLE) for protocol in (b"\2", b"\3", b"\4", b"\5")),
    (b"CDF", "a NetCDF file", SAVE_WHOLE),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "Fetch the file with `git lfs pull`."),
    (b"<", "HTML or XML, perhaps the page of a failed download", "Download the file again."),
    (b"{", "JSON, perhaps an architecture without weights", SAVE_WHOLE),
)


def unreadable(path: Path, what: str, hint: str | None = None) -> Failure:
    """The failure (exit code 3) for a path that cannot be read as a Keras 2 model."""
    return Failure(Exit.UNREADABLE, f"{path} {what}.", hint)


def require_hdf5(path: Path) -> int:
    """Return the size in bytes of the HDF5 file at `path`; raise a Failure that says what is there instead."""
    _require_file(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if _has_signature(path, size):
                return size
            head = file.read(4096)
    except OSError as error:
        raise unreadable(path, f"cannot be read: {error.strerror}") from error
    if not head:
        raise unreadable(path, "is empty", "Copy or download it again.")
    what, hint = _describe(head)
    raise unreadable(path, f"is no HDF5 file: it is {what}", hint)


def digest(path: Path) -> str:
    """The SHA-256 of a file as hexadecimal, read in blocks."""
    state = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            state.update(block)
    return state.hexdigest()


def _require_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise _folder(path)
        if not path.exists():
            raise unreadable(path, "does not exist", "Check the path; it is taken relative to the current folder.")
        if not path.is_file():
            raise unreadable(path, "is no regular file", "Give the path of a model.h5.")
    except (OSError, ValueError) as error:
        raise unreadable(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _folder(path: Path) -> Failure:
    if (path / "saved_model.pb").exists():
        hint = "SavedModel folders come later. Load it in Keras 2 and save it with model.save('model.h5')."
        return unreadable(path, "is a SavedModel folder", hint)
    return unreadable(path, "is a folder", "Folders come later: give the .h5 files in it one by one.")


def _has_signature(path: Path, size: int) -> bool:
    """HDF5 allows a user block: the signature stands at byte 0, 512, 1024, 2048 and so on."""
    with path.open("rb") as file:
        at = 0
        while at < size:
            file.seek(at)
            if file.read(len(_SIGNATURE)) == _SIGNATURE:
                return True
            at = at * 2 or 512
    return False


def _describe(head: bytes) -> tuple[str, str | None]:
    if b"saved_model_schema_version" in head or b"\x12\x05serve" in head or head.startswith(b"\x08\x01\x12"):
        return "a protobuf, perhaps the graph of a SavedModel", SAVE_WHOLE
    for start, what, hint in _OTHER_FORMATS:
        if head.lstrip().startswith(start) or head.startswith(start):
            return what, hint
    if not head.strip(b"\0"):
        return "filled with zero bytes", "Copy or download it again."
    return ("text" if _is_text(head) else "of an unknown format"), SAVE_WHOLE


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", "ignore")
    printable = sum(character.isprintable() or character.isspace() for character in text)
    return printable > 0.95 * len(head.decode("utf-8", "replace"))
