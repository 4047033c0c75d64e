"""What a rule is about: where both versions differ without an error, and the file of Keras that shows it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from translation.evidence import SilentChange
from translation.keras2_to_3.rules import table
from translation.verbs import Rule


@dataclass(frozen=True)
class Explanation:
    """What `docs/what-changed.md` says of a class, and the file that proves its rule, empty if it needs no proof."""

    differences: tuple[SilentChange, ...]
    proof: str


def explained(rule: str) -> Explanation | None:
    """What is known of a rule by its name; None if there is nothing to tell."""
    return _by_name().get(rule)


@functools.cache
def _by_name() -> Mapping[str, Explanation]:
    found: dict[str, list[Rule]] = {}
    for (_, name), rule in table().items():
        found.setdefault(name, []).append(rule)
    told = {name: _of(rules) for name, rules in found.items()}
    return {name: each for name, each in told.items() if each.differences or each.proof}


def _of(rules: Sequence[Rule]) -> Explanation:
    """Rules of one name, as a layer and a function may have, are told together."""
    differences = dict.fromkeys(each for rule in rules for each in rule.quiet)
    proofs = dict.fromkeys(str(rule.source) for rule in rules if rule.source)
    return Explanation(tuple(differences), "; ".join(proofs))
