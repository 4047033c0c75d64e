"""What a bundle says of a training, checked when it is opened: a document, and the tensors of an optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

Row = tuple[str, str, Mapping[str, Any]]
"""The id, the file and the facts of a tensor."""

DOCUMENT, STATE, WEIGHTS = "training.json", "optimizer.npz", "weights.npz"
_STATES = ("kept", "rebuilt", "dropped")


def misnamed(rows: Iterable[Row]) -> Optional[str]:
    """What is wrong with the names of an optimizer's tensors among all of a bundle; None if nothing is."""
    rows = tuple(rows)
    weights = {_weight(facts) for _, file, facts in rows if file == WEIGHTS}
    return next(_misnamed(((number, facts) for number, file, facts in rows if file == STATE), weights), None)


def _misnamed(rows: Iterable[tuple[str, Mapping[str, Any]]], weights: set[str]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for number, facts in rows:
        slot, key = facts.get("slot"), (str(facts.get("slot")), _weight(facts))
        if not isinstance(slot, str):
            yield f"{number} has no slot"
        if {"layer", "variable"} & facts.keys() and key[1] not in weights:
            yield f"{number} is kept for a weight that {WEIGHTS} does not have"
        if key in seen:
            yield f"{number} is another {slot} of the same weight"
        seen.add(key)


def _weight(facts: Mapping[str, Any]) -> str:
    return repr((facts.get("layer"), facts.get("variable")))


def contradiction(document: Any, has_state: bool) -> Optional[str]:
    """What is wrong with the document of a training; None if nothing is."""
    optimizer = document.get("optimizer") if isinstance(document, dict) else None
    if optimizer not in _STATES:
        return f"its optimizer is {str(optimizer)[:40]!r}, and not one of {', '.join(_STATES)}"
    if isinstance(document.get("compile"), dict) == (optimizer == "dropped"):
        return f"its optimizer is {optimizer}, which does not go with what is there for compile"
    if has_state != (optimizer == "kept"):
        return f"its optimizer is {optimizer}, which does not go with {STATE}"
    return None
