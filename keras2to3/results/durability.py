"""Files that are whole or as they were after a loss of power: a name is given only to what is on the disk already."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from keras2to3.results.deletion import closing

# Some file systems cannot synchronise a folder, and need not.
_NOT_NEEDED = frozenset({errno.EINVAL, errno.ENOTSUP})


def write(content: bytes, draft: Path, target: Path) -> None:
    """Write a file under the name of a draft, on the same file system, and rename it. Raises OSError."""
    draft.write_bytes(content)
    replace(draft, target)


def replace(draft: Path, target: Path) -> None:
    """Rename a file or a folder, whose content is on the disk before and whose new name is there after."""
    sync(draft)
    os.replace(draft, target)
    sync_names(target.parent)


def sync(path: Path) -> None:
    """Wait until a file, or a folder with all its content, is on the disk. Raises OSError."""
    if path.is_symlink():
        return
    if path.is_dir():
        for inner in path.iterdir():
            sync(inner)
        sync_names(path)
        return
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_names(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    try:
        with closing(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as place:
            os.fsync(place)
    except OSError as error:
        if error.errno not in _NOT_NEEDED:
            raise
