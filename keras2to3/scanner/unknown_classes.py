"""What Keras 2.15 does not know by itself, and a file of the user's may define."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace

from interchange.custom_objects import bare, found
from interchange.errors import Problem


@dataclass(frozen=True)
class UnknownObject(Problem):
    """A problem that is none for whoever defines one of `names`, those of the object that has it; or `every` one."""

    names: tuple[str, ...] = ()
    needs_all: bool = False


@dataclass(frozen=True)
class UnknownModelClass(UnknownObject):
    """The problem of a model of a class of the user's which lists its layers: what the class computes besides is open.

    A SavedModel can be asked: its graph has all that it computes.
    """


def unknown_model_class(problem: Problem, names: Iterable[str]) -> UnknownModelClass:
    """The problem as that of a model with these names for its class."""
    return UnknownModelClass(**vars(unknown_object(problem, names)))


def unknown_object(problem: Problem, names: Iterable[str], *, needs_all: bool = False) -> UnknownObject:
    """The problem as that of an object with these names, or of a body that needs `every` one."""
    facts = {field.name: getattr(problem, field.name) for field in fields(Problem)}
    return UnknownObject(**facts, names=tuple(names), needs_all=needs_all)


def merge_by_object(problems: Sequence[Problem]) -> list[Problem]:
    """The problems with one row for each class or function of the user's in a layer, which has its way out.

    A look finds several, as that of its module: trusting a file makes that no problem, and the class remains one.
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
    """What an object is called that is the user's; a model that nobody can define is called by its class."""
    if not isinstance(problem, UnknownObject):
        return []
    return sorted({bare(name) for name in problem.names or (problem.class_name,)})


def _together(first: Problem, second: Problem) -> Problem:
    """One that breaks a policy is told; what would unblock it is told by the one that breaks none."""
    lawful = next((each for each in (first, second) if each.policy is None), first)
    unsafe = next((each for each in (first, second) if each.policy is not None), first)
    return replace(unsafe, unblock=lawful.unblock)


def is_defined(problem: Problem, defined: Collection[str]) -> bool:
    """Whether one of the user's own classes or functions is what the problem is about.

    It is used then, whatever else the file says of it, such as the module that it was in.
    """
    if not (defined and isinstance(problem, UnknownObject)):
        return False
    if problem.needs_all:
        return all(name in defined for name in problem.names)
    return found((*problem.names, *map(bare, problem.names)), defined) is not None
