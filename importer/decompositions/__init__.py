"""Decompositions: what Keras 2 did and no single Keras 3 layer does, written with Keras 3's own layers and ops.

Each kind has its place, and rules refer to one by its name: a module of `calls/` says how a Keras 3 layer is called, a
module of `layers/` what is built in a layer's place, a record of `activations.py` what an activation computes.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType


@functools.cache
def modules(kind: str) -> Mapping[str, str]:
    """The modules of the package `kind` and of the packages in it: dotted name by last name."""
    package = importlib.import_module(kind)
    walked = (each.name for each in pkgutil.walk_packages(package.__path__, f"{kind}.") if not each.ispkg)
    return {name.rpartition(".")[2]: name for name in walked}


def module(kind: str, name: str) -> ModuleType:
    """The decomposition `name` of the package `kind`; KeyError if it has none of that name."""
    return importlib.import_module(modules(kind)[name])
