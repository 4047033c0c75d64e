"""The weights of one of the models that a file of weights in HDF5 holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exporter.restore import hdf5_weights
from exporter.restore.account import Account, require_none
from exporter.restore.hdf5 import give, given_of
from interchange.errors import Exit, Failure, Problem
from translation.keras2_to_2_15.archive import SEPARATORS

_FOLDERS = frozenset({"layers", "_layer_checkpoint_dependencies"})


def restore(root: Any, model: Any, part: str, account: Account) -> None:
    """Give a model the weights of the one that is called so within the stored one; `account` hears of no others.

    Raises `Failure`: `USAGE` where there is none, `WEIGHTS` where they do not fit.
    """
    if part not in hdf5_weights.layers(root):
        there = ", ".join(hdf5_weights.layers(root))[:2000]
        raise Failure(Exit.USAGE, f"--part: the file has no {part}", f"what is there: {there}")
    problems: list[Problem] = []
    given = list(given_of(model, root, part, problems))
    give(root, model, given, problems, account)
    require_none(account.unread(model))
    account.uses(hdf5_weights.claimed(root))


def below(groups: Mapping[str, Any], part: str) -> dict[str, Any]:
    """The groups of one of the models that a file holds, whose name may leave out the folders of layers."""
    found = {}
    for name, group in groups.items():
        parts = SEPARATORS.split(name)
        ends = [n for n in range(1, len(parts) + 1) if "/".join(p for p in parts[:n] if p not in _FOLDERS) == part]
        if ends:
            found["/".join(parts[ends[0] :])] = group
    return found
