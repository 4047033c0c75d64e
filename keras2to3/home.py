"""Where the project's own files lie: in the repository of a checkout, in a payload folder of the wheel."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "_payload"


def payload() -> Path:
    """The folder that holds `exporter`, `importer`, `interchange` and `envs`: the workers' PYTHONPATH."""
    return _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent


def is_checkout() -> bool:
    """Whether this runs from the repository and not from an installed wheel."""
    return payload() != _BUNDLED


def expose() -> None:
    """Make `interchange` importable in this process.

    The wheel gives site-packages one name only, so there the payload joins `sys.path`, last, where it shadows nothing.
    """
    folder = str(payload())
    if folder not in sys.path:
        sys.path.append(folder)
