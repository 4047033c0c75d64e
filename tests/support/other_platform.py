"""Import the command as another system would: `python -m tests.support.other_platform win32|darwin [ARGUMENT ...]`.

What the other system lacks is taken away from this one: modules, names of `os` and `signal`. With arguments the command
is run with them, otherwise every module of it is imported but those of the sandbox.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import signal
import sys
from collections.abc import Iterator

from tests.support.paths import ROOT

# Of other people, and made for this system: they are imported as this system.
_OTHERS = """argparse asyncio concurrent.futures ctypes importlib.metadata json logging.handlers platform shutil
    subprocess multiprocessing.connection tempfile threading urllib.request zipfile h5py jinja2 numpy
    sysconfig platformdirs rich.console rich.live rich.table rich.tree shtab yaml""".split()
_MODULES = {"win32": "fcntl resource pwd grp termios pty tty posix syslog readline".split(), "darwin": []}
_OS = {
    "win32": """O_NOFOLLOW O_DIRECTORY O_NONBLOCK O_CLOEXEC O_PATH sysconf getuid geteuid getgid killpg setsid fork
        forkpty mkfifo sched_getaffinity statvfs chown getloadavg getpgid""".split(),
    "darwin": "O_PATH sched_getaffinity unshare setns pidfd_open memfd_create".split(),
}
_SIGNALS = {"win32": "SIGHUP SIGKILL SIGALRM SIGUSR1 SIGCHLD SIGXCPU SIGXFSZ".split(), "darwin": []}


def pretend(system: str) -> None:
    """Take away what the system lacks, and take its name."""
    for name in _OTHERS:
        importlib.import_module(name)
    for name in _MODULES[system]:
        sys.modules[name] = None  # type: ignore[assignment]
    for owner, names_of_it in ((os, _OS[system]), (signal, _SIGNALS[system])):
        for name in names_of_it:
            if hasattr(owner, name):
                delattr(owner, name)
    sys.platform = system
    if system == "win32":
        sys.modules[type(pathlib.Path()).__module__].WindowsPath = pathlib.PosixPath  # type: ignore[attr-defined]
        os.name = "nt"  # paths stay those of this disk


def names() -> Iterator[str]:
    """Every module of the command but those of the sandbox."""
    for path in sorted((ROOT / "keras2to3").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[1] not in ("sandbox", "_payload") and parts[-1] != "__main__":
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def main() -> None:
    """Import, or run."""
    system, *arguments = sys.argv[1:]
    pretend(system)
    if arguments:
        from keras2to3.cli.main import main as command

        sys.exit(command(arguments))
    found = list(names())
    for name in found:
        importlib.import_module(name)
    print(len(found))


if __name__ == "__main__":
    main()
