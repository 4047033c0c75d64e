"""Build the isolated environments from their hashed locks, and reuse one while its lock is unchanged."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from interchange.errors import Exit, Failure
from keras2to3 import install_paths as project
from keras2to3.environments import in_place, installers, interpreters, locking
from keras2to3.environments.installers import Say, python_of

# The Pythons for each environment, the best first. Keras 3.15 needs 3.11, TensorFlow 2.15 supports up to 3.11.
PYTHONS = {
    "keras2": ("3.11", "3.10", "3.9"),
    "keras3": ("3.12", "3.11"),
    "keras3-oldest": ("3.12", "3.11"),
    "command": ("3.12", "3.11", "3.10", "3.13", "3.14"),
    "lint": ("3.12", "3.11", "3.10", "3.13"),
    "browser": ("3.12", "3.11", "3.10", "3.13"),
    "fleet": ("3.12", "3.11", "3.10", "3.13"),
    "docs": ("3.12", "3.11", "3.13"),
    "release": ("3.12", "3.11", "3.10", "3.13"),
}

_FORMAT = 1  # of the result of `_build`: a higher number rebuilds every environment
STAMP = "keras2to3.json"
HOME_VARIABLE = "KERAS2TO3_HOME"

# A sandboxed worker cannot write here, so what Python compiles at the first import is compiled at once, also where
# PYTHONDONTWRITEBYTECODE is set, as in many images of containers: without it every start takes four times as long.
# An import that fails also fails in the worker, which reports it.
_BOXED = ("keras2", "keras3", "keras3-oldest")
_COMPILE_SECONDS = 600
# Keras writes its settings where it is told to, and not into the user's home.
_IMPORT = """
import os, tempfile
with tempfile.TemporaryDirectory() as folder:
    os.environ["KERAS_HOME"] = folder
    import keras
"""
# Then what Keras imports later: everything of these packages except their tests.
_COMPILE = """
import compileall, importlib.util, os, re
for name in "keras tf_keras tensorflow numpy h5py absl google ml_dtypes optree".split():
    spec = importlib.util.find_spec(name)
    for folder in spec.submodule_search_locations or () if spec else ():
        compileall.compile_dir(folder, 50, quiet=2, rx=re.compile(r"[/\\\\]tests?[/\\\\]"), workers=os.cpu_count())
"""


def variable_of(name: str) -> str:
    """The environment variable that names the interpreter for an environment; all Keras 3 versions share one."""
    return f"KERAS2TO3_PYTHON_{name.partition('-')[0].upper()}"


def lock_of(name: str) -> Path:
    """The hashed lock of an environment."""
    return project.payload() / "envs" / f"{name}.lock"


def default_home() -> Path:
    """The folder of all environments: `.nox` in a checkout, the user's cache folder for the wheel.

    A variable names another one. Raises Failure(ENVIRONMENT) if the user has no home.
    """
    if chosen := os.environ.get(HOME_VARIABLE):
        return Path(chosen).absolute()
    if project.is_checkout():
        return project.payload() / ".nox"
    import platformdirs  # a dependency of the wheel only: nox's interpreter imports this module without it

    with contextlib.suppress(RuntimeError):  # newer versions raise it where older ones answer with `~`
        folder = Path(platformdirs.user_cache_dir("keras2to3"))
        if folder.is_absolute():
            return folder
    hint = f"Set {HOME_VARIABLE} to a folder with 3 GB of space, or HOME."
    raise Failure(Exit.ENVIRONMENT, "There is no home folder to build environments in.", hint)


@dataclass(frozen=True)
class Environment:
    """An environment below `home`: the packages in the lock of `name`, with `changes` replacing some.

    It is built with one of `pythons`; None are those of the table. `wheels` is a folder to install from, without a
    network; None is the index.
    """

    name: str
    home: Path
    changes: tuple[str, ...] = ()
    pythons: Optional[tuple[str, ...]] = None
    wheels: Optional[Path] = None

    @property
    def folder(self) -> Path:
        """Its folder; each set of changes has its own."""
        names = (re.sub(r"[^\w.]+", "", change.partition(";")[0]) for change in self.changes)
        return self.home / "-".join([self.name, *dict.fromkeys(names)])

    @property
    def stamp(self) -> Path:
        """The file that says what it was built from, written last; its time is that of the last use."""
        return self.folder / STAMP

    @property
    def lock_file(self) -> Path:
        """The file that the process which builds it has locked."""
        return self.home / f"{self.folder.name}.busy"

    def facts(self, version: str) -> dict[str, Any]:
        """What an environment depends on, as its stamp records it."""
        return {
            "format": _FORMAT,
            "lock": hashlib.sha256(lock_of(self.name).read_bytes()).hexdigest(),
            "python": version,
            "chosen": os.environ.get(variable_of(self.name)) or None,
            **({"changes": list(self.changes)} if self.changes else {}),
        }

    def is_finished(self) -> bool:
        """Whether it was built to its end, from whichever lock."""
        return self.stamp.is_file()

    def staleness(self) -> Optional[str]:
        """Why it has to be built, in words; None if it is current.

        Any Python the environment may have is good, except when the user has since named another by variable.
        """
        try:
            stamp = json.loads(self.stamp.read_bytes())
            wanted = self.facts(stamp["python"])
            wanted["chosen"] = wanted["chosen"] or stamp["chosen"]
            if stamp["python"].rpartition(".")[0] not in PYTHONS[self.name]:
                return f"Python {stamp['python']} no longer serves"
        except FileNotFoundError:
            return "unfinished" if self.folder.exists() else "not built"
        except (OSError, ValueError, TypeError, AttributeError, KeyError):
            return "unreadable"
        if not python_of(self.folder).exists():
            return "its Python is gone"
        differing = [_WORDS.get(key, "built by another version") for key in wanted if stamp.get(key) != wanted[key]]
        return ", ".join(differing) or (None if stamp == wanted else "built by another version")


_WORDS = {"lock": "its lock has changed", "chosen": "another Python was chosen"}


def ensure(name: str, say: Say, home: Path | None = None, changes: Sequence[str] = ()) -> Path:
    """The python of the environment `name`, built below `home` unless it is there and current.

    `changes` are requirements that replace what the lock lists; the index answers for them, and no hash.
    The warm call reads two small files and starts nothing. Raises Failure(ENVIRONMENT).
    """
    return provide(Environment(name, home or default_home(), tuple(changes)), say)


def provide(wanted: Environment, say: Say) -> Path:
    """The python of an environment, built unless it is there and current. Raises Failure(ENVIRONMENT)."""
    if wanted.staleness():
        try:
            _build_alone(wanted, say)
        except OSError as error:
            raise Failure(
                Exit.ENVIRONMENT,
                f"The {wanted.name} environment could not be built in {wanted.home}: {error}",
                f"Check the folder's permissions and the free disk space, or set {HOME_VARIABLE} to another folder.",
            ) from None  # what the system said is in the message
    with contextlib.suppress(OSError):  # another user's, or a read-only folder
        os.utime(wanted.stamp)
    return python_of(wanted.folder)


def _build_alone(wanted: Environment, say: Say) -> None:
    wanted.home.mkdir(parents=True, exist_ok=True)
    with locking.exclusive(wanted.lock_file, lambda: say(f"Waiting for another process that builds {wanted.name} ...")):
        in_place.recover(wanted.folder, finished=wanted.is_finished())
        if wanted.staleness():
            _build(wanted, say)


def _build(wanted: Environment, say: Say) -> None:
    """Build at its place, because a virtual environment cannot be moved; the stamp is written last."""
    begin, name, title = time.monotonic(), wanted.name, wanted.folder.name
    interpreter = interpreters.find(name, wanted.pythons or PYTHONS[name], variable_of(name))
    installer, tool = installers.choose()
    say(f"Building the {title} environment with Python {interpreter.version} and {installer}, this once ...")
    with in_place.replaced(wanted.folder, say, keep=wanted.is_finished()):
        _fill(wanted, say, installer, tool, interpreter.executable)
        _write_stamp(wanted.stamp, wanted.facts(interpreter.version))
    say(f"The {title} environment is ready after {time.monotonic() - begin:.0f} s.")


def _fill(wanted: Environment, say: Say, installer: str, tool: installers.Command, base: str) -> None:
    folder = wanted.folder
    for command in installers.commands(installer, tool, base, folder, lock_of(wanted.name), wanted.wheels):
        installers.run(command, say, wanted.home)
    if wanted.changes:
        installers.run(installers.replacing(installer, tool, folder, wanted.changes, wanted.wheels), say, wanted.home)
    if wanted.name in _BOXED:
        say(f"Compiling the packages of {folder.name} ...")
        for program in (_IMPORT, _COMPILE):
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                installers.ask((str(python_of(folder)), "-I", "-c", program), _COMPILE_SECONDS)


def _write_stamp(path: Path, facts: dict[str, Any]) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
