"""The operations of Keras 3 that go back to Keras 2.15 as Markdown, for `docs/operations.md`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from docs import support
from translation.keras3_to_2.operations import families
from translation.keras3_to_2.operations.operation import Operation
from translation.keras3_to_2.operations.refused import REFUSED, Reason


def listing() -> str:
    """How many there are, and a table of a row for each family."""
    found = list(_families())
    names = sum(len(each.names) for _, operations in found for each in operations)
    rows = [
        (support.sentence(module.__doc__), _code(name for each in operations for name in each.names))
        for module, operations in found
    ]
    return f"{names} operations in {len(found)} families.\n\n{support.markdown(('family', 'operations'), rows)}"


def _families() -> Iterator[tuple[ModuleType, tuple[Operation, ...]]]:
    for each in sorted(pkgutil.iter_modules(families.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{families.__name__}.{each.name}")
        if operations := tuple(getattr(module, "OPERATIONS", ())):
            yield module, operations


def refusals() -> str:
    """The operations that are refused, by the reason, with what to use instead."""
    together: dict[Reason, list[str]] = {}
    for name, reason in REFUSED.items():
        together.setdefault(reason, []).append(name)
    rows = [(_code(names), reason.text, reason.instead) for reason, names in together.items()]
    return support.markdown(("operations", "why", "instead"), rows)


def _code(names: Iterator[str] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
