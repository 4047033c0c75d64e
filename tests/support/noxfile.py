"""The sessions of nox as a module."""

from __future__ import annotations

import functools
import importlib.util
from types import ModuleType

from tests.support.paths import ROOT

VERBS = ("migrate", "check", "inspect")


@functools.cache  # nox lets a session be defined once in a process
def loaded() -> ModuleType:
    """`noxfile.py`, imported."""
    spec = importlib.util.spec_from_file_location("noxfile_of_the_project", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
