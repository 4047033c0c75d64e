"""What Keras 2.15 does not know by itself, and a file of the user's may define."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

from interchange.customs import bare, found
from interchange.errors import Problem


@dataclass(frozen=True)
class Unknown(Problem):
    """A problem that is none for whoever defines one of `names`, the names of the object that has it."""

    names: tuple[str, ...] = ()


def unknown(problem: Problem, names: Iterable[str]) -> Unknown:
    """The problem as that of an object with these names."""
    return Unknown(**{field.name: getattr(problem, field.name) for field in fields(Problem)}, names=tuple(names))


def is_defined(problem: Problem, own: Collection[str]) -> bool:
    """Whether one of the user's own classes or functions is what the problem is about.

    It is used then, whatever else the file says of it, such as the module that it was in.
    """
    if not (own and isinstance(problem, Unknown)):
        return False
    return found((*problem.names, *map(bare, problem.names)), own) is not None
