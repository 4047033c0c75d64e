"""Patterns for paths, as in `.gitignore`: a name anywhere, or a path relative to a folder; `**` is any folders."""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ANY_FOLDERS = "**"


@dataclass(frozen=True)
class PathPattern:
    """`text` as the user wrote it. A pattern matches a file or a folder, and everything in a folder that it matches.

    With a slash, other than at its end, it is a path, and relative to `base` unless it is absolute. Without one it is a
    name in any folder.
    """

    text: str
    base: Path

    @classmethod
    def of(cls, text: str, base: Path) -> PathPattern:
        """The pattern of a text. Raises ValueError if it names nothing."""
        if not _parts(text):
            raise ValueError(f"{text!r} is not a pattern: write a name such as archive, or a path such as models/old")
        return cls(text, base)

    @classmethod
    def of_file(cls, path: Path) -> PathPattern:
        """The pattern that matches this path and what is in it."""
        return cls(glob.escape(str(path.absolute())), Path("/"))

    @property
    def key(self) -> object:
        """The same for patterns that match the same paths."""
        is_path = "/" in self.text.rstrip("/")
        return (_folder(self.base, self.text) if is_path else None, *_parts(self.text))

    def matches(self, path: Path, top: Path) -> bool:
        """Whether it matches a path; a name has to be that of something below `top`."""
        parts = _parts(self.text)
        if "/" not in self.text.rstrip("/"):
            return any(fnmatch.fnmatchcase(part, parts[0]) for part in _below(path, top) or ())
        folder = _folder(self.base, self.text)
        return any(_fits(below, parts) for below in (_below(path, folder), _below_real(path, folder)) if below)


def _parts(text: str) -> list[str]:
    """The parts of a pattern that are names; `**` once where it is repeated."""
    parts = [part for part in text.split("/") if part not in ("", ".", "..")]
    return [part for part, before in zip(parts, ["", *parts]) if not part == before == _ANY_FOLDERS]


def _folder(base: Path, text: str) -> Path:
    """The folder that the names of a pattern are relative to."""
    ups = [".."] * text.split("/").count("..")
    return Path(os.path.normpath(Path(text[:1] if text.startswith("/") else base.absolute(), *ups)))


def _below(path: Path, folder: Path) -> Sequence[str]:
    """The parts of a path below a folder; none if it is elsewhere."""
    whole, top = Path(os.path.normpath(path.absolute())), Path(os.path.normpath(folder.absolute()))
    return whole.relative_to(top).parts if whole.is_relative_to(top) else ()


def _below_real(path: Path, folder: Path) -> Sequence[str]:
    """The same where links lead."""
    return _below(Path(os.path.realpath(path)), Path(os.path.realpath(folder)))


def _fits(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    """Whether the patterns match the parts from the first on; those that are left lie in what is matched."""
    if not patterns:
        return True
    if patterns[0] == _ANY_FOLDERS:
        return any(_fits(parts[start:], patterns[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], patterns[0]) and _fits(parts[1:], patterns[1:])
