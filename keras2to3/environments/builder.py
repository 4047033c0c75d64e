"""Build the isolated environments from their hashed locks, and reuse one while its lock is unchanged."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from interchange.errors import Exit, Failure
from keras2to3 import install_paths as project
from keras2to3 import interrupts
from keras2to3.environments import installers, interpreters
from keras2to3.environments.installers import Say, python_of

# The Pythons for each environment, the best first. Keras 3.15 needs 3.11, TensorFlow 2.15 supports up to 3.11.
PYTHONS = {
    "keras2": ("3.11", "3.10", "3.9"),
    "keras3": ("3.12", "3.11"),
    "keras3-oldest": ("3.12", "3.11"),
    "command": ("3.12", "3.11", "3.10", "3.13"),
    "lint": ("3.12", "3.11", "3.10", "3.13"),
    "browser": ("3.12", "3.11", "3.10", "3.13"),
    "docs": ("3.12", "3.11", "3.13"),
    "release": ("3.12", "3.11", "3.10", "3.13"),
}

_FORMAT = 1  # of the result of `_build`: a higher number rebuilds every environment
_STAMP = "keras2to3.json"
_POLL_SECONDS = 0.2

# A sandboxed worker cannot write here, so what Python compiles at the first import is compiled at once, also where
# PYTHONDONTWRITEBYTECODE is set, as in many images of containers: without it every start takes four times as long.
# An import that fails also fails in the worker, which reports it.
_BOXED = ("keras2", "keras3", "keras3-oldest")
_IMPORT_SECONDS = 600


def variable_of(name: str) -> str:
    """The environment variable that names the interpreter for an environment; all Keras 3 versions share one."""
    return f"KERAS2TO3_PYTHON_{name.partition('-')[0].upper()}"


def lock_of(name: str) -> Path:
    """The hashed lock of an environment."""
    return project.payload() / "envs" / f"{name}.lock"


def default_home() -> Path:
    """The folder of all environments: `.nox` in a checkout, the user's cache folder for the wheel."""
    if project.is_checkout():
        return project.payload() / ".nox"
    import platformdirs  # a dependency of the wheel only: nox's interpreter imports this module without it

    return Path(platformdirs.user_cache_dir("keras2to3"))


@dataclass(frozen=True)
class _Wanted:
    """An environment below `home`: the packages in the lock of `name`, with `changes` replacing some."""

    name: str
    home: Path
    changes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Its folder; each set of changes has its own."""
        names = (re.sub(r"[^\w.]+", "", change.partition(";")[0]) for change in self.changes)
        return self.home / "-".join([self.name, *dict.fromkeys(names)])

    def facts(self, version: str) -> dict[str, Any]:
        """What an environment depends on, as its stamp records it."""
        return {
            "format": _FORMAT,
            "lock": hashlib.sha256(lock_of(self.name).read_bytes()).hexdigest(),
            "python": version,
            "chosen": os.environ.get(variable_of(self.name)) or None,
            **({"changes": list(self.changes)} if self.changes else {}),
        }


def ensure(name: str, say: Say, home: Path | None = None, changes: Sequence[str] = ()) -> Path:
    """The python of the environment `name`, built below `home` unless it is there and current.

    `changes` are requirements that replace what the lock lists; the index answers for them, and no hash.
    The warm call reads two small files and starts nothing. Raises Failure(ENVIRONMENT).
    """
    wanted = _Wanted(name, home or default_home(), tuple(changes))
    if not _is_current(wanted):
        try:
            _build_alone(wanted, say)
        except OSError as error:
            raise Failure(
                Exit.ENVIRONMENT,
                f"The {name} environment could not be built in {wanted.home}: {error}",
                "Check the folder's permissions and the free disk space.",
            ) from error
    return python_of(wanted.folder)


def _build_alone(wanted: _Wanted, say: Say) -> None:
    wanted.home.mkdir(parents=True, exist_ok=True)
    name = wanted.folder.name
    busy = wanted.home / f"{name}.busy"
    with _exclusive(busy, lambda: say(f"Waiting for another process that builds {name} ...")):
        if not _is_current(wanted):
            _build(wanted, say)


def _build(wanted: _Wanted, say: Say) -> None:
    """Build in place, because a virtual environment cannot be moved: remove the stamp first and write it last."""
    begin, folder, name = time.monotonic(), wanted.folder, wanted.name
    interpreter = interpreters.find(name, PYTHONS[name], variable_of(name))
    installer, tool = installers.choose()
    title = folder.name
    say(f"Building the {title} environment with Python {interpreter.version} and {installer}, this once ...")
    (folder / _STAMP).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    with _all_or_nothing(folder, say):
        _fill(wanted, say, installer, tool, interpreter.executable)
        _write_stamp(folder / _STAMP, wanted.facts(interpreter.version))
    say(f"The {title} environment is ready after {time.monotonic() - begin:.0f} s.")


def _fill(wanted: _Wanted, say: Say, installer: str, tool: installers.Command, base: str) -> None:
    folder = wanted.folder
    for command in installers.commands(installer, tool, base, folder, lock_of(wanted.name)):
        installers.run(command, say, wanted.home)
    if wanted.changes:
        installers.run(installers.replacing(installer, tool, folder, wanted.changes), say, wanted.home)
    if wanted.name in _BOXED:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            installers.ask((str(python_of(folder)), "-I", "-c", "import keras"), _IMPORT_SECONDS)


@contextlib.contextmanager
def _all_or_nothing(folder: Path, say: Say) -> Iterator[None]:
    """Remove an unfinished build if the block is interrupted or fails; a signal that arrives meanwhile waits."""
    try:
        yield
    except BaseException:
        with interrupts.postponed():
            shutil.rmtree(folder, ignore_errors=True)
            left = f"could not be removed: delete {folder}" if folder.exists() else "was removed"
            say(f"The unfinished part of the {folder.name} environment {left}.")
        raise


def _is_current(environment: _Wanted) -> bool:
    """Whether the stamp fits; without one the environment was never finished.

    Any Python the environment may have is good, except when the user has since named another by variable.
    """
    try:
        stamp = json.loads((environment.folder / _STAMP).read_bytes())
        served = stamp["python"].rpartition(".")[0] in PYTHONS[environment.name]
        wanted = environment.facts(stamp["python"])
        wanted["chosen"] = wanted["chosen"] or stamp["chosen"]
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return False
    return bool(stamp == wanted and served and python_of(environment.folder).exists())


def _write_stamp(path: Path, facts: dict[str, Any]) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


@contextlib.contextmanager
def _exclusive(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Lock `path` for this process. The system releases the lock when the process dies, so it never goes stale."""
    with path.open("a") as handle:
        if not _try_lock(handle.fileno()):
            on_wait()
            while not _try_lock(handle.fileno()):
                time.sleep(_POLL_SECONDS)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
