"""Every status that a source can come to, and how it is shown, in the order in which statuses are counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_GREEN, _YELLOW, _RED = "32", "33", "31"


@dataclass(frozen=True)
class Status:
    """How a status is shown.

    `mark` is a sign for those who do not see its colour. `colour` is that of a terminal, as a parameter of the escape
    code, and `tone` the class of the style sheet of a page. `arrived` tells whether there is what the user asked for.
    """

    mark: str
    colour: str
    tone: str
    arrived: bool


STATUSES: Mapping[str, Status] = {
    "ready": Status("→", _GREEN, "good", arrived=True),
    "verified": Status("✓", _GREEN, "good", arrived=True),
    "back": Status("⇄", _GREEN, "good", arrived=True),
    "restored": Status("○", _YELLOW, "plain", arrived=True),
    "unchanged": Status("=", _GREEN, "plain", arrived=True),
    "refused": Status("⊘", _RED, "care", arrived=False),
    "differs": Status("≠", _RED, "bad", arrived=False),
    "failed": Status("✕", _RED, "bad", arrived=False),
    "interrupted": Status("\u2013", _RED, "care", arrived=False),
}


def in_order(names: Iterable[str]) -> list[str]:
    """Each of these statuses once; those that are not known come last."""
    found = set(names)
    return [name for name in STATUSES if name in found] + sorted(found - STATUSES.keys())
