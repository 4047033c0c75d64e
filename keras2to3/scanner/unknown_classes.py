"""Objects that Keras 2.15 does not know, and that a user's file may define."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace

from interchange.errors import Problem
from interchange.user_files.custom_objects import bare, found


@dataclass(frozen=True)
class UnknownObject(Problem):
    """A problem that is solved if a user's file defines one of `names`, or all of them with `needs_all`."""

    names: tuple[str, ...] = ()
    needs_all: bool = False


@dataclass(frozen=True)
class UnknownModelClass(UnknownObject):
    """The problem of a custom model class that lists its layers: the class may compute more than they do.

    The graph of a SavedModel shows whether it does.
    """


def unknown_model_class(problem: Problem, names: Iterable[str]) -> UnknownModelClass:
    """The problem of a model whose class has these names."""
    return UnknownModelClass(**vars(unknown_object(problem, names)))


def unknown_object(problem: Problem, names: Iterable[str], *, needs_all: bool = False) -> UnknownObject:
    """The problem of an object with these names, or of a body that needs all of them."""
    facts = {field.name: getattr(problem, field.name) for field in fields(Problem)}
    return UnknownObject(**facts, names=tuple(names), needs_all=needs_all)


def merge_by_object(problems: Sequence[Problem]) -> list[Problem]:
    """The problems, merged to one for each custom class or function in a layer.

    A class may have several, for example for its module: `--trust` lifts that one, and the unknown class remains.
    """
    merged: list[Problem] = []
    places: dict[tuple[str, str, str], int] = {}
    for problem in problems:
        keys = [(problem.layer, problem.class_name, name) for name in _names(problem)]
        place = next((places[key] for key in keys if key in places), len(merged))
        merged[place:] = [_together(merged[place], problem) if place < len(merged) else problem, *merged[place + 1 :]]
        places.update(dict.fromkeys(keys, place))
    return merged


def _names(problem: Problem) -> list[str]:
    """The names of a custom object; a model that no file can define has that of its class."""
    if not isinstance(problem, UnknownObject):
        return []
    return sorted({bare(name) for name in problem.names or (problem.class_name,)})


def _together(first: Problem, second: Problem) -> Problem:
    """The violation of a policy, with the hint of the problem that violates none."""
    supported = next((each for each in (first, second) if each.policy is None), first)
    unsafe = next((each for each in (first, second) if each.policy is not None), first)
    return replace(unsafe, unblock=supported.unblock)


def is_defined(problem: Problem, defined: Collection[str]) -> bool:
    """Whether a user's file defines the object of a problem.

    Then that definition is used, whatever module the file names.
    """
    if not (defined and isinstance(problem, UnknownObject)):
        return False
    if problem.needs_all:
        return all(name in defined for name in problem.names)
    return found((*problem.names, *map(bare, problem.names)), defined) is not None
