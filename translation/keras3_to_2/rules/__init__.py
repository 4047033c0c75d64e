"""What the way back knows beside the inverses of the way there, one module per family; data and pure functions.

A module declares `KIND` (the public namespace below `keras`, such as `layers`) and `RULES`. It is found by walking this
folder; there is nothing to register. A class without a rule here goes back by `Rule.restored` of its rule in
`translation/keras2_to_3/rules`, if it has one; a key that neither decides is refused.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from translation.keras3_to_2.verbs import BackRule

Key = tuple[str, str]


@functools.cache
def table() -> Mapping[Key, BackRule]:
    """Every rule by (kind, class name of Keras 3)."""
    found: dict[Key, BackRule] = {}
    for each in pkgutil.iter_modules(__path__):
        content = importlib.import_module(f"{__name__}.{each.name}")
        for rule in getattr(content, "RULES", ()):
            key = (content.KIND, rule.name)
            if key in found:
                raise ValueError(f"two rules for {key}")
            found[key] = rule
    return found
