"""What changed between Keras 2.15 and Keras 3, one module per Keras folder; data and pure functions on dicts.

A module declares `KIND` (the public namespace below `keras`, such as `layers`, and `legacy_optimizers` for
`optimizers.legacy`) and `RULES`. It is found by walking this folder and those below it; there is nothing to register.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from translation.verbs import Rule

Key = tuple[str, str]


@functools.cache
def table() -> Mapping[Key, Rule]:
    """Every rule by (kind, class name of Keras 2.15)."""
    found: dict[Key, Rule] = {}
    for module in pkgutil.walk_packages(__path__, __name__ + "."):
        content = importlib.import_module(module.name)
        for rule in getattr(content, "RULES", ()):
            key = (content.KIND, rule.name)
            if key in found:
                raise ValueError(f"two rules for {key}")
            found[key] = rule
    return found
