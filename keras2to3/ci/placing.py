"""Write a file for other programs, which never read a part of one."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path


def put_in_place(content: bytes, target: Path) -> None:
    """Write a file at once, or none. A device or a pipe is written to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        target.write_bytes(content)
        return
    draft = target.with_name(f".keras2to3-{secrets.token_hex(8)}")
    try:
        draft.write_bytes(content)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
