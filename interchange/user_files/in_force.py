"""Which file of the user's is in force: models of one run may each have another, and files may use the same names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping, MutableMapping
from types import ModuleType
from typing import Any, Optional

_ABSENT = object()
_registered: dict[Hashable, dict[str, tuple[Any, Any]]] = {}  # by the file: what it has changed, before and after
_modules: dict[Hashable, ModuleType] = {}
_current: list[Hashable] = []  # none, or the file that is in force


def put_in_force(file: Hashable, table: MutableMapping[str, Any], run: Callable[[], ModuleType]) -> ModuleType:
    """The module of a file, which Python finds by its name, while Keras knows what this file alone has registered.

    `table` is that of Keras. `run` is called at the first time; later, what the file has registered is put back.
    """
    put_aside(table, unless=file)
    if not _current:
        _set(table, {name: after for name, (_, after) in _registered.get(file, {}).items()})
    _current[:] = [file]
    before = dict(table)
    try:
        if file not in _modules:
            _modules[file] = run()
    finally:  # also a file that raises has registered something
        _registered.setdefault(file, {}).update(_changes(before, dict(table)))
    module = sys.modules[_modules[file].__name__] = _modules[file]
    return module


def put_aside(table: MutableMapping[str, Any], unless: Optional[Hashable] = None) -> None:
    """Let Keras and Python forget what the file in force has registered, unless it is this one."""
    if _current and _current[0] != unless:
        file = _current.pop()
        _set(table, {name: before for name, (before, _) in _registered[file].items()})
        if file in _modules:
            sys.modules.pop(_modules[file].__name__, None)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    rows = {name: (before.get(name, _ABSENT), after.get(name, _ABSENT)) for name in before.keys() | after.keys()}
    return {name: (old, new) for name, (old, new) in rows.items() if old is not new}


def _set(table: MutableMapping[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if value is _ABSENT:
            table.pop(name, None)
        else:
            table[name] = value
