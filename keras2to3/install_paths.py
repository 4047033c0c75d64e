"""The paths of the project's own files: in the repository of a checkout, or in the payload folder of the wheel."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "_payload"
_NEEDED = ("h5py", "numpy", "yaml")  # by the scanner
_CODE = ("exporter", "importer", "interchange", "bytecode", "translation")
_SHAPING = (*((name, "*.py") for name in _CODE), ("envs", "*.lock"))


def payload() -> Path:
    """The folder with `exporter`, `importer`, `interchange`, `bytecode` and `envs`: the PYTHONPATH of the workers."""
    return _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent


def digest() -> str:
    """SHA-256 of all our code and locks that a result depends on; the same for a checkout and its wheel."""
    state = hashlib.sha256()
    for name, path in sorted(_files()):
        state.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return state.hexdigest()


def _files() -> Iterator[tuple[str, Path]]:
    for folder, pattern in _SHAPING:
        yield from ((path.relative_to(payload()).as_posix(), path) for path in (payload() / folder).rglob(pattern))
    code = (path for path in _PACKAGE.rglob("*.py") if _BUNDLED not in path.parents)
    yield from ((path.relative_to(_PACKAGE.parent).as_posix(), path) for path in code)


def is_checkout() -> bool:
    """Whether this runs from the repository and not from an installed wheel."""
    return payload() != _BUNDLED


def own_code() -> tuple[str, ...]:
    """The folders of our code that the scanner reads, besides those that every worker reads."""
    return (str(_PACKAGE),)


def import_path() -> tuple[str, ...]:
    """The folders, besides the payload, from which another process imports the command and the packages that it needs.

    None is the current folder, which `python -m` puts first, and in which anything may lie.
    """
    specs = (importlib.util.find_spec(name) for name in _NEEDED)
    folders = (Path(spec.origin).parents[1] for spec in specs if spec is not None and spec.origin)
    return tuple(str(folder) for folder in dict.fromkeys((_PACKAGE.parent, *folders)) if folder != payload())


def expose() -> None:
    """Make `interchange` and `bytecode` importable in this process.

    The wheel gives site-packages one name only, so there the payload joins `sys.path`, last, where it shadows nothing.
    """
    folder = str(payload())
    if folder not in sys.path:
        sys.path.append(folder)
