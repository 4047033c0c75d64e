"""What is decided of a class of Keras 3: by a rule of the way back, or by the inverses of the way there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional

from translation.keras2_to_3.rules import table as rules_there
from translation.keras3_to_2.rules import table
from translation.keras3_to_2.verbs import BackRule
from translation.verbs import Rule


def rules_of(kind: str, name: str) -> Optional[tuple[BackRule, Rule]]:
    """The rules of both ways for a class of Keras 3, empty ones for what is not there; None if there is neither."""
    rule, there = table().get((kind, name)), rules_there().get((kind, name))
    if there is not None and (there.becomes or there.refused):
        there = None
    if rule is None and there is None:
        return None
    return rule or BackRule(name), there or Rule(name)


def restored_keys(there: Rule, config: Mapping[str, Any]) -> frozenset[str]:
    """The keys of Keras 3 that the way there knows how to give back."""
    return frozenset(key for key, value in config.items() if there.restored({key: value}) != there.restored({}))


def undecided(kind: str, name: str, keys: Iterable[str]) -> frozenset[str]:
    """The keys of a class of Keras 3 of which nobody has decided what becomes of them."""
    rules = rules_of(kind, name)
    if rules is None:
        return frozenset(keys)
    rule, there = rules
    if rule.refused:
        return frozenset()
    return frozenset(keys) - rule.keys - restored_keys(there, dict.fromkeys(keys, "a value"))
