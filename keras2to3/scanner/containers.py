"""Which container a path holds, told by its bytes and never by its name, or a word on what it is instead."""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from interchange.errors import Exit, Failure, reading
from keras2to3.scanner.readers.size_limits import keeps

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_TABLE = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # the end of an index of TensorFlow
_BLOCK = 1 << 20
_HEAD = 4096
_MAX_FILES = 10_000
_MAX_DEPTH = 32
_BLOCKS = 512  # bytes, whatever the file system
_MAX_YAML = 32 << 20
_YAML = re.compile(rb"""^["']?class_name["']?[ ]*:[ ]""", re.MULTILINE)
_QUOTED = re.compile(rb"""\"\s*\{\s*\\\"""")  # JSON within JSON, where the text of `to_json` was dumped once more
_TFJS = re.compile(rb"""\"(modelTopology|weightsManifest)\"\s*:|\"format\"\s*:\s*\"(layers|graph)-model\"""")
_SHARD = re.compile(r".+\.bin|group\d+-shard\d+of\d+")
SAVED_MODEL, BUNDLE, INDEX_SUFFIX = "saved_model.pb", "manifest.json", ".index"

KERAS_METADATA, INDEX, SAVED_MODEL_TEXT = "keras_metadata.pb", "variables/variables.index", "saved_model.pbtxt"
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


def container_of(path: Path) -> tuple[str, int]:
    """Which container is at `path`, and its size in bytes (0 for a folder); a Failure where it is none of ours.

    The containers are `hdf5`, `zip`, `json`, `yaml`, `checkpoint`, and the folders `savedmodel` and `bundle`.
    Raises OSError as well.
    """
    try:
        kind = path.stat().st_mode
    except ValueError as error:  # a name that no system takes
        raise unreadable(path, f"cannot be read: {error}") from None
    if stat.S_ISDIR(kind):
        return _folder(path), 0
    if not stat.S_ISREG(kind):
        raise unreadable(path, "is no regular file", "Give the path of a model.h5.")
    with path.open("rb") as file:
        size, head = os.fstat(file.fileno()).st_size, file.read(_HEAD)
        container = _container_of(head, file, size)
    if container is None:
        raise not_a_model(path, head)
    return container, size


def _container_of(head: bytes, file: BinaryIO, size: int) -> str | None:
    """A zip archive may hold HDF5 where HDF5 would look for its signature, so the first bytes decide first."""
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if _has_signature(file, size):
        return "hdf5"
    if _is_table(file, size):
        return "checkpoint"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{") or _QUOTED.match(text):
        return "json"
    return "yaml" if _is_text(head) and _names_a_class(file, size) else None


def _is_table(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - len(_TABLE)))
    return file.read(len(_TABLE)) == _TABLE


def is_checkpoint(path: Path) -> bool:
    """Whether a file is the index of a checkpoint, as far as its end tells; one that cannot be read is none."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return _is_table(file, os.fstat(file.fileno()).st_size)
    except OSError:
        return False


def is_tfjs(path: Path) -> bool:
    """Whether a file is the `model.json` of TensorFlow.js, as far as its beginning tells."""
    try:
        if path.suffix.lower() != ".json" or not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return _TFJS.search(file.read(_HEAD)) is not None
    except OSError:
        return False


def companion_files(path: Path) -> list[Path]:
    """The files beside one that hold its tensors, those of a checkpoint or of TensorFlow.js, and no links."""
    if path.suffix == INDEX_SUFFIX:
        return checkpoint_shards(path)
    if not is_tfjs(path):
        return []
    found = (path.parent / name for name in sorted(os.listdir(path.parent)) if _SHARD.fullmatch(name))  # noqa: PTH208
    return [file for file in found if file.is_file() and not file.is_symlink()]


def checkpoint_shards(index: Path) -> list[Path]:
    """The files beside the index of a checkpoint that hold its tensors. Raises OSError, which a pattern would not."""
    pattern = f"{glob.escape(index.stem)}.data-?????-of-?????"
    found = [index.parent / name for name in fnmatch.filter(os.listdir(index.parent), pattern)]  # noqa: PTH208
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _names_a_class(file: BinaryIO, size: int) -> bool:
    """The keys of an architecture in YAML stand in the order of the alphabet, so its class may stand far behind."""
    if size > _MAX_YAML:
        return False
    file.seek(0)
    return _YAML.search(file.read(_MAX_YAML)) is not None


def not_a_model(path: Path, head: bytes | None = None) -> Failure:
    """The failure for a file that is something else, with a word on what."""
    if head is None:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    if not head:
        return unreadable(path, "is empty", "Copy or download it again.")
    what, hint = _describe(head)
    return unreadable(path, f"is no HDF5 file: it is {what}", hint)


def _open_at_once(name: str, flags: int) -> int:
    """To open a pipe waits for a writer otherwise."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def digest_file(path: Path) -> str:
    """The SHA-256 of a file as hexadecimal, read in blocks. Raises OSError, and `Failure` for a pipe."""
    state = hashlib.sha256()
    with open(path, "rb", opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise unreadable(path, "is no regular file")
        while block := file.read(_BLOCK):
            state.update(block)
    return state.hexdigest()


def digest_folder(path: Path) -> str:
    """The digest of a folder: over the sorted names of its files and their digests. Links are not followed."""
    state = hashlib.sha256()
    for file in files_of(path):
        state.update(f"{file.relative_to(path).as_posix()}\0{digest_file(file)}\n".encode("utf-8", "surrogateescape"))
    return state.hexdigest()


def digest_checkpoint(index: Path) -> str:
    """The digest of what has files beside it, a checkpoint: over the names of all, and their digests."""
    lines = (f"{file.name}\0{digest_file(file)}\n" for file in (index, *companion_files(index)))
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def digest_of(path: Path) -> str:
    """The digest of whatever is at `path`, as a look tells it. Raises `Failure(UNREADABLE)`."""
    with reading(path):
        if path.is_dir():
            return digest_folder(path)
        return digest_checkpoint(path) if path.suffix == INDEX_SUFFIX or is_tfjs(path) else digest_file(path)


def total_size(files: Iterable[Path]) -> int:
    """How many they hold. Each is opened, for one that may not be read is told now. Raises OSError."""
    total = 0
    for path in files:
        with path.open("rb") as file:
            total += os.fstat(file.fileno()).st_size
    return total


def walk(path: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """As `os.walk`, without following links; but what cannot be listed is not left out.

    Raises OSError, and a Failure (exit code 3) for a folder that holds more, or goes deeper, than that of any model.
    """
    folders, entries = [(path, 0)], 0
    for folder, depth in folders:  # grows
        inner: list[str] = []
        names: list[str] = []
        with os.scandir(folder) as listing:
            for entry in listing:
                entries += 1
                if entries > _MAX_FILES or depth > _MAX_DEPTH:
                    text = f"holds more than {_MAX_FILES:,} files, or folders more than {_MAX_DEPTH} levels deep"
                    raise unreadable(path, text, "Give the folder of one model.")
                (inner if entry.is_dir(follow_symlinks=False) else names).append(entry.name)
        yield str(folder), inner, names
        folders += [(folder / name, depth + 1) for name in sorted(inner)]


def files_of(path: Path) -> list[Path]:
    """The regular files below a folder in the order of their names, no link followed. Raises OSError, Failure."""
    found: list[Path] = []
    for parent, _, names in walk(path):
        found += [Path(parent, name) for name in names if stat.S_ISREG(os.lstat(Path(parent, name)).st_mode)]
    return sorted(found)


def missing_content(path: Path) -> str | None:
    """What is wrong with files of which hardly anything is stored: reading them takes time for every byte that is not.

    None for what is stored, or has no more holes than an honest file may have. Raises OSError, Failure.
    """
    for file in files_of(path) if path.is_dir() else [path, *companion_files(path)]:
        about = file.stat()
        if not keeps(about.st_size, _BLOCKS * getattr(about, "st_blocks", about.st_size)):
            stored = _stored(file, about.st_size)
            if not keeps(about.st_size, stored):
                return f"{file.name} is to have {about.st_size:,} bytes, of which {stored:,} are stored"
    return None


def _stored(file: Path, size: int) -> int:
    """The bytes between the holes: some file systems cannot tell them, and some do not count their blocks."""
    stored = at = 0
    with file.open("rb", buffering=0) as opened:
        while at < size:
            try:
                start = opened.seek(at, os.SEEK_DATA)
            except OSError:  # no more data
                break
            at = opened.seek(start, os.SEEK_HOLE)
            stored += at - start
    return stored


def _folder(path: Path) -> str:
    if (path / SAVED_MODEL).exists():
        return "savedmodel"
    if (path / BUNDLE).exists():
        return "bundle"
    if (path / SAVED_MODEL_TEXT).exists():
        hint = "Load it with tf.saved_model.load and save it again with tf.saved_model.save."
        raise unreadable(path, f"holds the graph of a SavedModel as text, in {SAVED_MODEL_TEXT}", hint)
    if is_saved_model_without_graph(path):
        raise unreadable(path, f"is a SavedModel folder without its {SAVED_MODEL}", COPY_AGAIN)
    raise no_folder(path)


def is_saved_model_without_graph(path: Path) -> bool:
    """Whether a folder has parts of a SavedModel, but not the one that TensorFlow would load."""
    parts = (SAVED_MODEL_TEXT, KERAS_METADATA, INDEX)
    return not (path / SAVED_MODEL).exists() and any((path / name).is_file() for name in parts)


def no_folder(path: Path) -> Failure:
    """The failure for a folder that is not one model."""
    return unreadable(path, "is a folder", "It is no SavedModel either: give the models in it one by one.")


def _has_signature(file: BinaryIO, size: int) -> bool:
    """HDF5 allows a user block: the signature stands at byte 0, 512, 1024, 2048 and so on."""
    at = 0
    while at < size:
        file.seek(at)
        if file.read(len(SIGNATURE)) == SIGNATURE:
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
