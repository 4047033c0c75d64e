"""Names that stay names, on every operating system."""

from __future__ import annotations

import re

from interchange.text import has_controls

_DRIVE = re.compile(r"[A-Za-z]:")


def is_safe_name(name: str) -> bool:
    """Whether the name of a layer leads nowhere: real ones hold slashes, as in `block1/conv`."""
    return ".." not in re.split(r"[/\\]", name) and not name.startswith("/") and not has_controls(name)


def is_safe_path(name: str) -> bool:
    """Whether a relative path with slashes stays below its root, written in the only way there is."""
    if not name or has_controls(name) or "\\" in name or _DRIVE.match(name):
        return False
    return not any(part in ("", ".", "..") for part in name.split("/"))
