"""Sort the tensors of a file into weights of the model and others, which are left out with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from importer.restore.matching import parts
from importer.restore.matching.training_state import Entry, Path, owners
from interchange.errors import Failure
from translation.training_state import SLOT

Entries = Mapping[str, Entry]
"""By the places of the tensors in their file."""


@dataclass(frozen=True)
class Sorted:
    """`weights` by their places, with paths within the model, and how many tensors are left aside.

    `training` counts those of each object of training, `others` those of each other model, where one is taken.
    """

    weights: Entries
    training: Mapping[str, int]
    others: Mapping[str, int]

    def question(self) -> Failure | None:
        """Which model is meant, if the file holds several and none was taken; None if it does not."""
        return parts.several([entry.path for entry in self.weights.values()])


def sorted_(entries: Entries, known: Collection[Path], part: str | None = None) -> Sorted:
    """Sort the tensors of a file for a model that has weights at the paths `known`, `part` of the file if it is given.

    Raises `Failure(USAGE)` for a part that the file does not have.
    """
    model, training = _split(entries, known, whole=True)
    prefix = parts.below([entry.path for entry in model.values()], known, part)
    own = {place: entry for place, entry in model.items() if entry.path[: len(prefix)] == prefix}
    others = Counter("/".join(entry.path[:1]) for place, entry in model.items() if place not in own)
    own = {place: replace(entry, path=entry.path[len(prefix) :]) for place, entry in own.items()}
    weights, inner = _split(own, known)
    return Sorted(weights, training + inner, others)


def _split(entries: Entries, known: Collection[Path], *, whole: bool = False) -> tuple[dict[str, Entry], Counter[str]]:
    """The tensors without those of training, and the number of tensors of each object of training.

    With `whole` what lies in something else stays there, for it may belong to a model whose name nobody knows yet.
    """
    told = dict(zip(entries, owners(list(entries.values()), known)))
    held = {entries[place].path[:1] for place, owner in told.items() if owner is None} if whole else set()
    state = {
        place: owner
        for place, owner in told.items()
        if owner is not None and entries[place].path[:1] not in held - {()}
    }
    left = {place: entry for place, entry in entries.items() if place not in state}
    return left, Counter(map(_name, state.values()))


def _name(owner: Path) -> str:
    """The name of an owner; the slots of an optimizer for all variables count as one."""
    return "/".join(owner[owner.index(SLOT) + 1 :] if SLOT in owner else owner)
