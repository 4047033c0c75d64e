"""The command `env`: list, build and remove environments. nox runs it in its own interpreter, too."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TextIO

from interchange.errors import Exit, Failure
from interchange.text import counted
from keras2to3 import install_paths
from keras2to3.environments import builder, in_place, inventory, locking, offline_set
from keras2to3.environments.builder import Environment
from keras2to3.environments.installers import Say, python_of
from keras2to3.environments.inventory import Entry
from keras2to3.environments.options import EnvironmentOptions
from keras2to3.environments.requested_versions import NEWEST, OLDEST, Target
from keras2to3.reports import document

_SCHEMA = 1
_MB = 1_000_000
_HEADER = ("NAME", "KERAS", "TENSORFLOW", "PYTHON", "SIZE", "BUILT", "LAST USED", "STATE")
_DAY = 86_400


@dataclass(frozen=True)
class Done:
    """What an action has done: lines for people, and what the document of `--json` has."""

    lines: Sequence[str]
    facts: Mapping[str, Any]


def run(options: EnvironmentOptions, out: TextIO, say: Say) -> Exit:
    """Do what is asked; results go to `out`, progress to `say`. Raises Failure(ENVIRONMENT)."""
    done = _ACTIONS[options.action](options, say)
    facts = {"schema": _SCHEMA, **done.facts}
    for line in [document.text(facts, Exit.VERIFIED, None)] if options.display.json else done.lines:
        print(line, file=out)
    return Exit.VERIFIED


def defaults() -> tuple[str, ...]:
    """The environments that migrate needs; the command itself has one in a checkout alone."""
    return (*(("command",) if install_paths.is_checkout() else ()), "keras2", NEWEST)


def usage(words: str) -> str:
    """How the user writes a command of this kind."""
    return f"nox -s env -- {words}" if install_paths.is_checkout() else f"keras2to3 env {words}"


def wanted(options: EnvironmentOptions, names: Sequence[str] = ()) -> list[Environment]:
    """The environments that the options name, or those of other `names`, each as it has to be."""
    home = builder.default_home()
    name_of_target, changes = Target(options.keras, options.tensorflow).environment()
    target = Environment(name_of_target, home, changes)
    return [target if name == NEWEST else Environment(name, home) for name in options.names or names or defaults()]


def _list(_options: EnvironmentOptions, say: Say) -> Done:
    home = builder.default_home()
    found = inventory.entries(home)
    say(f"{counted(len(found), 'environment')} in {home}, {_megabytes(sum(entry.size for entry in found))}")
    return Done(_table([_HEADER, *(_row(entry) for entry in found)]) if found else (), _rows(home, found))


def _rows(home: Path, found: Sequence[Entry]) -> Mapping[str, Any]:
    return {"home": str(home), "environments": [entry.to_json() for entry in found]}


def _pythons(built: Sequence[Environment]) -> Done:
    """The paths of the pythons of environments."""
    lines = [str(python_of(environment.folder)) for environment in built]
    return Done(lines, _rows(builder.default_home(), [inventory.entry(environment.folder) for environment in built]))


def _row(entry: Entry) -> tuple[str, ...]:
    versions = (entry.versions.get(name, "-") for name in ("keras", "tensorflow"))
    state = f"stale: {entry.stale}" if entry.stale else "current"
    return (
        *(entry.name, *versions, entry.python or "-", _megabytes(entry.size)),
        *(_ago(entry.built), _ago(entry.used), state),
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def _megabytes(size: int) -> str:
    return f"{size / _MB:,.0f} MB"


def _ago(when: datetime | None) -> str:
    if when is None:
        return "-"
    days = int((datetime.now(timezone.utc) - when).total_seconds() // _DAY)
    return "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"


def _build(options: EnvironmentOptions, say: Say) -> Done:
    asked = wanted(options)
    for environment in asked:
        builder.provide(environment, say)
    return _pythons(asked)


def _path(options: EnvironmentOptions, _say: Say) -> Done:
    asked = wanted(options)
    for environment in asked:
        if stale := environment.staleness():
            versions = {"--keras": options.keras, "--tensorflow": options.tensorflow}
            given = [f"{option} {version}" for option, version in versions.items() if version]
            hint = f"Build it with `{usage(' '.join(['build', *options.names, *given]))}`."
            raise Failure(Exit.ENVIRONMENT, f"The {environment.folder.name} environment is {stale}.", hint)
    return _pythons(asked)


def _clean(options: EnvironmentOptions, say: Say) -> Done:
    """Remove what is stale, or everything; not what is being built, and not what runs this command."""
    home = builder.default_home()
    found = [entry for entry in inventory.entries(home) if options.all or entry.stale]
    if options.names:
        found = [entry for entry in found if entry.name in options.names]
    removed = [entry for entry in found if _remove(entry, say)]
    offline_set.remove_leftovers(home)
    say(f"{counted(len(removed), 'environment')} removed, {_megabytes(sum(entry.size for entry in removed))}")
    return Done([str(entry.folder) for entry in removed], _rows(home, removed))


def _remove(entry: Entry, say: Say) -> bool:
    if Path(sys.prefix).resolve() == entry.folder.resolve():
        say(f"{entry.folder} stays: it runs this command")
        return False
    try:
        with locking.exclusive_or_none(entry.lock_file) as is_mine:
            if not is_mine:
                say(f"{entry.folder} stays: another process builds it")
                return False
            (entry.folder / builder.STAMP).unlink(missing_ok=True)  # what is half removed is no environment
            in_place.remove(entry.folder)
    except OSError as error:
        raise Failure(
            Exit.ENVIRONMENT, f"{entry.folder} could not be removed: {error}", "Check the folder's permissions."
        ) from None
    return True


def _export(options: EnvironmentOptions, say: Say) -> Done:
    assert options.file is not None
    parts = offline_set.write(options.file, wanted(options, _OF_A_SET), say)
    size = options.file.stat().st_size
    say(f"{options.file} is an offline set of {_megabytes(size)}.")
    rows = [{"name": name, "python_version": part.python, "wheels": len(part.wheels)} for name, part in parts.items()]
    return Done([str(options.file)], {"file": str(options.file), "bytes": size, "environments": rows})


def _import(options: EnvironmentOptions, say: Say) -> Done:
    assert options.file is not None
    names = options.names or (*defaults(), OLDEST)
    return _pythons(offline_set.build(options.file, builder.default_home(), names, say))


# The packages of the command are for the machine without a network, whether its command is a clone or a wheel.
_OF_A_SET = ("command", "keras2", NEWEST)

_ACTIONS: Mapping[str, Callable[[EnvironmentOptions, Say], Done]] = {
    "list": _list,
    "build": _build,
    "clean": _clean,
    "path": _path,
    "export": _export,
    "import": _import,
}
