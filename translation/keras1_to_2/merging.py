"""`Merge`, which Keras 2.0 and 2.1 still read and wrote: the layer that merges alike in Keras 2.15."""

from __future__ import annotations

from typing import Any

from interchange.errors import refused
from interchange.layer_path import OUTERMOST, LayerPath
from translation.keras1_to_2.file_facts import Facts, has_class
from translation.keras1_to_2.layers import Entry, Spelling
from translation.keras1_to_2.models import model
from translation.keras2_to_runnable import Tell


def without_merge(architecture: Entry, facts: Facts, tell: Tell) -> Entry:
    """An architecture of Keras 2 without `Merge`; one that has none stays as it is.

    Raises `Failure(REFUSED)` with every layer that merges as none of Keras 2.15 does.
    """
    if not has_class(architecture, "Merge"):
        return architecture
    spelling = _Merges(facts, tell, era="Keras 2.0")
    made = model(spelling, architecture, OUTERMOST)
    if spelling.problems:
        raise refused(spelling.problems, f"Keras 2.15 has no layer that merges like this: {spelling.problems[0]}")
    return made


class _Merges(Spelling):
    """Rewrites `Merge` alone: Keras 2 wrote the rest."""

    def layer(self, entry: Entry, path: LayerPath) -> Any:
        return super().layer(entry, path) if entry["class_name"] == "Merge" else entry
