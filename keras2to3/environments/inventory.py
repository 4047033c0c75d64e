"""The environments that exist in a folder: what they hold, how large they are, and whether they are current."""

from __future__ import annotations

import importlib.metadata
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

from keras2to3.environments import builder, in_place
from keras2to3.environments.builder import Environment
from keras2to3.environments.installers import python_of

# Packages by the names that are shown for them; the first that is installed.
_SHOWN = {"keras": ("keras",), "tensorflow": ("tensorflow-cpu", "tensorflow", "tensorflow-intel", "tensorflow-cpu-aws")}


@dataclass(frozen=True)
class Entry:
    """An environment on disk. `stale` says why it would be built again, or is None; `size` is in bytes."""

    name: str
    folder: Path
    python: str
    versions: Mapping[str, str]
    size: int
    built: Optional[datetime]
    used: Optional[datetime]
    stale: Optional[str]
    lock_file: Path

    def to_json(self) -> dict[str, Any]:
        """A row of the documents of `env`."""
        return {
            "name": self.name,
            "folder": str(self.folder),
            "python": str(python_of(self.folder)),
            "python_version": self.python,
            "versions": dict(self.versions),
            "bytes": self.size,
            "built": self.built.isoformat(timespec="seconds") if self.built else None,
            "last_used": self.used.isoformat(timespec="seconds") if self.used else None,
            "current": self.stale is None,
            "stale": self.stale,
        }


def entries(home: Path) -> list[Entry]:
    """Every environment in a folder that is or was to become one, by name."""
    try:
        folders = sorted(path for path in home.iterdir() if path.is_dir() and _is_ours(path))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [entry(folder) for folder in folders]


def _is_ours(folder: Path) -> bool:
    """Whether this project has built it, or has begun to: a folder of nox may hold environments of its own."""
    name = folder.name.removesuffix(in_place.SUFFIX)
    busy = folder.with_name(f"{name}.busy")
    return _base(name) is not None and ((folder / builder.STAMP).is_file() or busy.exists())


def _base(folder_name: str) -> Optional[str]:
    """The lock that an environment was built from, by the name of its folder."""
    names = [name for name in builder.PYTHONS if folder_name == name or folder_name.startswith(f"{name}-")]
    return max(names, key=len, default=None)


def entry(folder: Path) -> Entry:
    """What lies in the folder of an environment."""
    name = folder.name.removesuffix(in_place.SUFFIX)
    stamp = _stamp(folder)
    environment = Environment(_base(name) or name, folder.parent, tuple(stamp.get("changes", ())))
    is_aside = name != folder.name
    stale = "left over from a build" if is_aside else environment.staleness()
    return Entry(
        name=folder.name,
        folder=folder,
        python=str(stamp.get("python", "")),
        versions=_versions(folder),
        size=sum(_sizes(folder)),
        built=_time(folder / "pyvenv.cfg"),
        used=_time(folder / builder.STAMP),
        stale=stale,
        lock_file=environment.home / f"{name}.busy",
    )


def _stamp(folder: Path) -> Mapping[str, Any]:
    try:
        stamp = json.loads((folder / builder.STAMP).read_bytes())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _versions(folder: Path) -> Mapping[str, str]:
    """The versions of Keras and TensorFlow from their metadata; nothing is started."""
    found: dict[str, str] = {}
    for module, names in _SHOWN.items():
        for name in names:
            for distribution in packages(folder, name):
                found.setdefault(module, distribution.version)
    return found


def packages(folder: Path, name: Optional[str] = None) -> Iterable[importlib.metadata.Distribution]:
    """What is installed in an environment: all, or what has a name."""
    places = [str(path) for path in (*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages"))]
    return importlib.metadata.distributions(name=name, path=places)


def _sizes(folder: Path) -> Iterator[int]:
    """The sizes of the files of a folder. A file may go meanwhile."""
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(Path(root, name))
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                yield status.st_size


def _time(path: Path) -> Optional[datetime]:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    except OSError:
        return None
