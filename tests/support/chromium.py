"""Where the browser of the tests is, and what to do where there is none."""

from __future__ import annotations

import os
import shutil

VARIABLE = "KERAS2TO3_CHROMIUM"
MISSING = f"no Chromium was found; install one (Debian: apt-get install chromium), or set {VARIABLE} to one"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a Chromium, or None."""
    return os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, _NAMES)), None)
