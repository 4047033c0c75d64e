"""Install packages into an environment: with uv if it starts, otherwise with virtualenv and pip."""

from __future__ import annotations

import collections
import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable

from interchange.errors import Exit, Failure
from keras2to3.environments.installer_failures import VARIABLE, failed
from keras2to3.environments.progress import Progress, told

# Settings that would install packages elsewhere or select others. Indexes, proxies and caches stay the user's.
_FOREIGN = {
    "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__",
    "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_CONSTRAINT", "PIP_REQUIREMENT", "PIP_NO_BINARY",
    "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_EXCLUDE_NEWER", "UV_NO_BINARY",
}  # fmt: skip
_QUIET = ("--disable-pip-version-check", "--no-input", "--progress-bar", "raw")
_PROBE_SECONDS = 20
_KEPT_LINES = 15

# Arguments for a program that prints a short answer.
_ASKED: Mapping[str, Any] = {
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.PIPE,
    "encoding": "utf-8",
    "errors": "replace",
}

Command = tuple[str, ...]
Say = Callable[[str], None]


def python_of(folder: Path) -> Path:
    """The interpreter of the virtual environment in `folder`."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def cleaned_environ() -> dict[str, str]:
    """The variables of this process without those that would mislead an installer."""
    return {key: value for key, value in os.environ.items() if key not in _FOREIGN}


def find_uv() -> Command | None:
    """The command that starts uv: this Python's module, or the first on the PATH that runs."""
    return next((command for command in _uv_candidates() if _answers(command)), None)


def _uv_candidates() -> Iterator[Command]:
    if importlib.util.find_spec("uv"):
        yield (sys.executable, "-m", "uv")
    name = "uv.exe" if sys.platform == "win32" else "uv"
    for folder in os.get_exec_path():
        path = Path(folder, name)
        if os.access(path, os.X_OK):
            yield (str(path),)


def _answers(command: Command) -> bool:
    """Whether a command starts: a pyenv shim may be on the PATH for a tool that the selected Python lacks."""
    try:
        done = ask((*command, "--version"), _PROBE_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.startswith("uv ")


def ask(command: Command, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a program that prints a short answer. Raises OSError if it does not start, TimeoutExpired if it hangs."""
    return subprocess.run(command, check=False, timeout=seconds, **_ASKED, env=cleaned_environ())


def start(command: Command) -> subprocess.Popen[str]:
    """Start a program whose short answer is read later. Raises OSError if it does not start."""
    return subprocess.Popen(command, **_ASKED, env=cleaned_environ())


def choose() -> tuple[str, Command]:
    """The installer's name, `uv` or `pip`, and the command that starts uv or virtualenv."""
    wanted = os.environ.get(VARIABLE) or "any"
    if wanted not in ("any", "uv", "pip"):
        raise Failure(Exit.ENVIRONMENT, f"{VARIABLE} is {wanted!r}.", "It may be uv or pip, or unset.")
    uv = find_uv() if wanted != "pip" else None
    if uv:
        return "uv", uv
    if wanted != "uv" and importlib.util.find_spec("virtualenv"):
        return "pip", (sys.executable, "-m", "virtualenv")
    missing = "uv" if wanted == "uv" else "virtualenv" if wanted == "pip" else "uv or virtualenv"
    raise Failure(
        Exit.ENVIRONMENT,
        f"{missing} is needed to build environments and did not start.",
        f"Run `{sys.executable} -m pip install {missing.split()[0]}`.",
    )


def commands(
    installer: str, tool: Command, base: str, folder: Path, lock: Path, wheels: Path | None = None
) -> list[Command]:
    """The two commands that create `folder` from the interpreter `base` and fill it with what `lock` lists.

    The lock is the whole truth: nothing is resolved, every file has its hash, and no package is built on the machine.
    If there is a folder of `wheels`, it is the only index.
    """
    if installer == "uv":
        create: Command = (*tool, "venv", "--no-project", "--no-python-downloads", "--python", base, str(folder))
    else:
        create = (*tool, "--no-periodic-update", "--python", base, str(folder))
    return [create, (*_install(installer, tool, folder), *_only(wheels), *exact(lock))]


def downloading(environment: Path, folder: Path, what: Command) -> Command:
    """The command with which the pip of an environment downloads wheels into `folder`."""
    return (str(python_of(environment)), "-m", "pip", "download", *_QUIET, "--dest", str(folder), *what)


def exact(lock: Path) -> Command:
    """What `lock` lists, as arguments of pip and uv."""
    return ("--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(lock))


def replacing(
    installer: str, tool: Command, folder: Path, requirements: Sequence[str], wheels: Path | None = None
) -> Command:
    """The command that replaces packages of an environment, and the packages that no longer fit these."""
    return (*_install(installer, tool, folder), *_only(wheels), "--only-binary", ":all:", *requirements)


def _only(wheels: Path | None) -> Command:
    return ("--no-index", "--find-links", str(wheels)) if wheels else ()


def _install(installer: str, tool: Command, folder: Path) -> Command:
    python = str(python_of(folder))
    if installer == "uv":
        return (*tool, "pip", "install", "--python", python)
    return (python, "-m", "pip", "install", *_QUIET, "--no-compile")


def run(command: Sequence[str], say: Say, folder: Path) -> None:
    """Run one installer command in `folder` and pass its progress to `say`; a failure has its last lines.

    However it ends, nothing that it has started goes on behind the user's back.
    """
    last: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
    with subprocess.Popen(
        command,
        cwd=folder,
        env=cleaned_environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl-C is handled here: what it has begun is removed after it has ended
    ) as process:
        try:
            progress = Progress()
            with told(progress, say) as say_above:
                _relay(process, last, progress, say_above)
        except BaseException:
            _end(process)
            raise
    if process.returncode != 0:
        raise failed(command, process.returncode, last)


def _end(process: subprocess.Popen[str]) -> None:
    """End an installer and its child processes."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _relay(process: subprocess.Popen[str], last: collections.deque[str], progress: Progress, say: Say) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if progress.read(line):
            continue
        last.append(line.rstrip())
        if _is_large_download(line):
            say(line.strip())


def _is_large_download(line: str) -> bool:
    """Whether uv or pip announces a download worth a line: both give sizes as MB or MiB, KiB and kB are noise."""
    return line.lstrip().startswith("Downloading ") and ("MB" in line or "MiB" in line)
