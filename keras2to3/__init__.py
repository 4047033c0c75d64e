"""keras2to3: migrates Keras 2 models to Keras 3 and proves that they compute the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras2to3 import install_paths
from keras2to3.version import __version__

if TYPE_CHECKING:
    from keras2to3.api import check, inspect, migrate, rollback
    from keras2to3.api.errors import Keras2To3Error, MigrationError, UsageError
    from keras2to3.api.results import Checked, Checks, Inspected, Migration, Migrations

install_paths.expose()

_PLACES = {
    **dict.fromkeys(("migrate", "rollback", "check", "inspect"), "keras2to3.api"),
    **dict.fromkeys(("Keras2To3Error", "MigrationError", "UsageError"), "keras2to3.api.errors"),
    **dict.fromkeys(("Migration", "Migrations", "Checked", "Checks", "Inspected"), "keras2to3.api.results"),
}

__all__ = [
    "Checked",
    "Checks",
    "Inspected",
    "Keras2To3Error",
    "Migration",
    "MigrationError",
    "Migrations",
    "UsageError",
    "__version__",
    "check",
    "inspect",
    "migrate",
    "rollback",
]


def __getattr__(name: str) -> Any:
    """The functions for Python, imported when they are used: the command and nox import this package, too."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_PLACES[name]), name)
