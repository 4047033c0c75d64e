"""Files and folders that are not a model: what they are instead, and what the user can do."""

from __future__ import annotations

from pathlib import Path

from interchange.errors import Exit, Failure

HEAD = 4096
"""Bytes at the beginning of a file by which its format is recognised."""

COPY_AGAIN = "Copy or download the whole folder again."
SAVE_WHOLE = "Save the whole model in Keras 2 with model.save('model.h5') and give that file."

# First bytes of what people hand over instead of a model.h5, and what to do about it.
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a zip archive that is damaged", "Copy or download it again."),
    (b"\x1f\x8b", "compressed with gzip", "Decompress it first."),
    (b"BZh", "compressed with bzip2", "Decompress it first."),
    (b"\xfd7zXZ", "compressed with xz", "Decompress it first."),
    (b"\x93NUMPY", "a NumPy array", SAVE_WHOLE),
    *((b"\x80" + protocol, "a Python pickle", SAVE_WHOLE) for protocol in (b"\2", b"\3", b"\4", b"\5")),
    (b"CDF", "a NetCDF file", SAVE_WHOLE),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "Fetch the file with `git lfs pull`."),
    (b"<", "HTML or XML, perhaps the page of a failed download", "Download the file again."),
    (b"{", "JSON, but no architecture as model.to_json() writes it", SAVE_WHOLE),
)


def unreadable(path: Path, what: str, hint: str | None = None) -> Failure:
    """The failure (exit code 3) for a path that cannot be read as a Keras 2 model."""
    return Failure(Exit.UNREADABLE, f"{path} {what}.", hint)


def not_a_model(path: Path, head: bytes | None = None) -> Failure:
    """The failure for a file of another format, which it names."""
    if head is None:
        with path.open("rb") as file:
            head = file.read(HEAD)
    if not head:
        return unreadable(path, "is empty", "Copy or download it again.")
    what, hint = _describe(head)
    return unreadable(path, f"is not an HDF5 file: it is {what}", hint)


def no_folder(path: Path) -> Failure:
    """The failure for a folder that is not one model."""
    return unreadable(path, "is a folder", "It is not a SavedModel either: pass the models in it one by one.")


def _describe(head: bytes) -> tuple[str, str | None]:
    if b"saved_model_schema_version" in head or b"\x12\x05serve" in head or head.startswith(b"\x08\x01\x12"):
        return "a protobuf, perhaps the graph of a SavedModel", SAVE_WHOLE
    for start, what, hint in _OTHER_FORMATS:
        if head.lstrip().startswith(start) or head.startswith(start):
            return what, hint
    if not head.strip(b"\0"):
        return "filled with zero bytes", "Copy or download it again."
    return ("text" if is_text(head) else "of an unknown format"), SAVE_WHOLE


def is_text(head: bytes) -> bool:
    text = head.decode("utf-8", "ignore")
    printable = sum(character.isprintable() or character.isspace() for character in text)
    return printable > 0.95 * len(head.decode("utf-8", "replace"))
