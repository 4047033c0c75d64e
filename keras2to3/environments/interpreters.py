"""Find a Python interpreter of a version by starting the candidates, because a name on the PATH proves nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from interchange.errors import Exit, Failure
from keras2to3.environments import installers
from keras2to3.environments.installed_versions import last_line
from keras2to3.environments.installers import Command

PROBE_SECONDS = 10.0

# Runs in the candidate, which may be any Python. A site customisation may print lines before the last one.
_PROBE = """
import json, os, sys
base = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "executable": base if os.path.exists(base) else sys.executable,
    "flavour": sys.implementation.name + getattr(sys, "abiflags", ""),
    "bits": 64 if sys.maxsize > 2**32 else 32,
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter that starts: `executable` is that of the installation, not of a virtual environment."""

    executable: str
    version: str

    @property
    def minor(self) -> str:
        """`3.11` of `3.11.7`."""
        return self.version.rpartition(".")[0]


Outcome = Union[Interpreter, str]


def find(purpose: str, versions: Sequence[str], variable: str) -> Interpreter:
    """The first interpreter of the first of `versions` that starts; if `variable` is set, only the one that it names.

    Raises Failure(ENVIRONMENT) that names everything tried and the ways out.
    """
    chosen = os.environ.get(variable)
    if chosen:
        return _chosen_by_user(chosen, purpose, versions, variable)
    tried: dict[Command, Outcome] = {}
    for version in versions:
        for command in candidates(version):
            if command not in tried:
                tried[command] = probe(command)
            outcome = tried[command]
            if isinstance(outcome, Interpreter) and outcome.minor == version:
                return outcome
    raise _none_found(purpose, versions, variable, tried)


def probe(command: Command) -> Outcome:
    """Start a candidate: an Interpreter, or the reason why it is not one."""
    try:
        done = installers.ask((*command, "-I", "-c", _PROBE), PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return f"no answer within {PROBE_SECONDS:g} s"
    except OSError as error:
        return f"does not start: {error.strerror}"
    if done.returncode != 0:
        return f"exit status {done.returncode}: {last_line(done.stderr) or 'no message'}"
    return _identify(last_line(done.stdout))


def _identify(answer: str) -> Outcome:
    try:
        facts = json.loads(answer)
        interpreter = Interpreter(facts["executable"], facts["version"])
    except (ValueError, KeyError, TypeError):
        return f"not a Python: it answered {answer[:60]!r}"
    if facts["flavour"] != "cpython" or facts["bits"] != 64:
        # TensorFlow has wheels for the ordinary 64-bit CPython only: no PyPy, free-threaded or debug build.
        return f"is {facts['flavour']} {interpreter.version} with {facts['bits']} bits, not an ordinary 64-bit CPython"
    return interpreter


def candidates(version: str) -> Iterator[Command]:
    """Commands that may start Python `version`, the likely and cheap ones first."""
    yield (getattr(sys, "_base_executable", None) or sys.executable,)
    for name in (f"python{version}", "python3", "python"):
        yield from _on_path(name)
    for folder, pattern in _usual_folders(version):
        yield from ((str(path),) for path in sorted(folder.glob(pattern), reverse=True))
    if sys.platform == "win32":
        yield ("py", f"-{version}")
    yield from _from_uv(version)


def _on_path(name: str) -> Iterator[Command]:
    """Every match on the PATH, because the first may be a shim of a version that is not selected."""
    suffix = ".exe" if sys.platform == "win32" else ""
    for folder in os.get_exec_path():
        path = Path(folder, name + suffix)
        if path.is_file() and os.access(path, os.X_OK):
            yield (str(path),)


def _usual_folders(version: str) -> Iterator[tuple[Path, str]]:
    """Folders that may not be on the PATH, each with the pattern of an interpreter in it."""
    home, python, digits = _home(), f"python{version}", version.replace(".", "")
    if sys.platform == "win32":
        yield Path(os.environ.get("LOCALAPPDATA", home)), f"Programs/Python/Python{digits}/python.exe"
        return
    yield Path(os.environ.get("PYENV_ROOT") or home / ".pyenv"), f"versions/{version}.*/bin/{python}"
    for folder in (Path("/usr/local"), Path("/usr"), Path("/opt/homebrew"), home / ".local"):
        yield folder, f"bin/{python}"
    yield Path("/Library/Frameworks/Python.framework/Versions"), f"{version}/bin/{python}"
    yield Path("/opt/python"), f"cp{digits}-cp{digits}/bin/{python}"
    for folder in (home / "miniconda3", home / "miniforge3", home / "anaconda3"):
        yield folder, f"bin/{python}"
        yield folder, f"envs/*/bin/{python}"


def _home() -> Path:
    """The user's home; the root for a user without one, as in some containers."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def _from_uv(version: str) -> Iterator[Command]:
    """The interpreter that uv manages or knows; uv may not download one, which is the user's decision."""
    uv = installers.find_uv()
    if uv is None:
        return
    try:
        done = installers.ask(
            (*uv, "python", "find", "--no-python-downloads", "--no-project", "--system", version), PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode == 0 and done.stdout.strip():
        yield (last_line(done.stdout),)


def _chosen_by_user(chosen: str, purpose: str, versions: Sequence[str], variable: str) -> Interpreter:
    """The interpreter that the user chose. It is used or an error; no other one is taken silently."""
    outcome = probe((chosen,))
    if isinstance(outcome, Interpreter) and outcome.minor in versions:
        return outcome
    raise Failure(
        Exit.ENVIRONMENT,
        f"{variable}={chosen} cannot serve the {purpose} environment: {_describe(outcome)}.",
        f"Set {variable} to the path of a Python {_either(versions)}, or unset it to search for one.",
    )


def _describe(outcome: Outcome) -> str:
    return f"is Python {outcome.version}" if isinstance(outcome, Interpreter) else outcome


def _either(versions: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(versions[:-1]), versions[-1])))


def _none_found(purpose: str, versions: Sequence[str], variable: str, tried: Mapping[Command, Outcome]) -> Failure:
    lines = [f"    {' '.join(command)}: {_describe(outcome)}" for command, outcome in tried.items()]
    return Failure(
        Exit.ENVIRONMENT,
        f"No Python {_either(versions)} was found for the {purpose} environment.",
        f"Three ways out: install one with the system's packages or `pyenv install {versions[0]}`; "
        f"run `uv python install {versions[0]}`; "
        f"or set {variable} to the path of an interpreter.",
        detail={"log": "\n".join(["Tried:", *lines])},
    )
