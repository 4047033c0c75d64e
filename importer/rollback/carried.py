"""Carry over into the architecture of Keras 2.15 what was changed in Keras 3 and touches training alone."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from importer.build.rebuild import Rebuilt
from importer.rollback.structure import Difference
from interchange.messages.changes import Change
from translation.config_tree import layers_of, name_of

Names = tuple[str, ...]
_SAME = "{} is {!r} now, and was {!r} when the model was migrated"
_LOST = "{} is {!r} in Keras 3, and stays {!r} as in Keras 2, where it is written otherwise"


def carried(
    architecture: Mapping[str, Any], differences: Sequence[Difference], rebuilt: Rebuilt
) -> tuple[Mapping[str, Any], list[Change]]:
    """The architecture with each difference that it can say, and a line for each."""
    made, changes = copy.deepcopy(dict(architecture)), []
    old_names = dict(_old_names(rebuilt.model, rebuilt))
    frozen = {each.place.names for each in differences if each.place.keys == ("trainable",)}
    for each in differences:
        place = each.place
        known = place.names in old_names
        if (
            not known
            and place.keys == ("trainable",)
            and any(place.names[:end] in frozen for end in range(len(place.names)))
        ):
            continue  # within what stands for one layer, which has it as well
        done = known and _set(made, old_names[place.names], place.keys, each.before, each.now)
        changes.append(
            Change(
                place.shown,
                place.class_name,
                "training-only",
                (_SAME if done else _LOST).format(each.key, each.now, each.before),
            )
        )
    return made, changes


def _is_within(names: Names, those: Collection[Names]) -> bool:
    return any(names[:end] in those for end in range(len(names)))


def _old_names(layer: Any, rebuilt: Rebuilt, new: Names = (), old: Names = ()) -> Iterator[tuple[Names, Names]]:
    """The names in Keras 2 on the way to each layer, by those in Keras 3."""
    yield new, old
    for name, child in rebuilt.names.layers.get(id(layer), {}).items():
        yield from _old_names(child, rebuilt, (*new, child.name), (*old, name))


def _set(architecture: dict[str, Any], names: Names, keys: Sequence[str], before: Any, now: Any) -> bool:
    """Whether the entry of a layer says the same as Keras 3 did at these keys, which is then changed."""
    entry: Any = architecture
    for name in names:
        entry = next((layer for layer in layers_of(entry) if name_of(layer) == name), None)
    value = entry.get("config") if isinstance(entry, dict) else None
    for key in keys[:-1]:
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, dict) or keys[-1] not in value or not _means(value[keys[-1]], before):
        return False
    value[keys[-1]] = copy.deepcopy(now)
    return True


def _means(old: Any, new: Any) -> bool:
    """Whether a value of Keras 2 is the same in Keras 3; objects by their classes and configs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping) and "class_name" in old:
        return bool(old["class_name"] == new.get("class_name") and old.get("config") == new.get("config"))
    return bool(old == new)
