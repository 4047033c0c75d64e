"""Where a source is, as other programs name it: relative to the root of the repository, if it is below that."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from interchange.text import escaped

_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def root(environment: Mapping[str, str]) -> Path:
    """The folder of the repository: what the CI calls so, otherwise the current folder."""
    named = next((environment[name] for name in _ROOTS if environment.get(name)), ".")
    return Path(os.path.realpath(named))


def relative(source: Path, top: Path) -> str:
    """The path below the root, with `/`; the absolute path of anything else."""
    path = Path(os.path.realpath(source.parent)) / source.name
    return (path.relative_to(top) if path.is_relative_to(top) else path).as_posix()


def shown(source: Path, top: Path) -> str:
    """`relative` without characters that cannot be seen."""
    return escaped(relative(source, top))


def uri(source: Path, top: Path) -> str:
    """The same as a URI reference."""
    path = relative(source, top)
    quoted = quote(os.fsencode(path))
    return f"file://{quoted}" if path.startswith("/") else quoted
