"""The walls, raised one by one by the process that is to live inside; what stands and what does not is told."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras2to3.box import landlock, libc, limits, seccomp

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

# Where a system keeps its libraries, time zones and what it says of its processors; nothing of a user's.
_SYSTEM = """/lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /nix/store /gnu/store /usr/share/zoneinfo
    /etc/ld.so.cache /etc/localtime /proc/cpuinfo /proc/meminfo /proc/stat /proc/filesystems
    /sys/devices/system/cpu /sys/devices/system/node /dev/urandom""".split()
_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass
class Walls:
    """What holds, by wall, None where nothing does, and why what was tried does not."""

    held: dict[str, str | None] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, wall: str, layer: Callable[[], str]) -> None:
        """Try to raise a wall, or one more layer of it: any one of its layers is enough."""
        told, before = self.missing, self.held.setdefault(wall, None)
        try:
            name = layer()
        except (OSError, ValueError) as error:  # the latter is how Python tells of a limit that cannot be set
            reason = getattr(error, "strerror", None) or str(error)
            told[wall] = f"{told[wall]}, {reason}" if wall in told else reason
        else:
            self.held[wall] = f"{before}, {name}" if before else name


def raise_all(spec: Mapping[str, Any], path: list[str]) -> Walls:
    """Raise every wall there is around this process; `path` is where its Python imports from."""
    walls = Walls()
    walls.add("memory", lambda: limits.limit_memory(spec["memory"]))
    walls.add("cpu", lambda: limits.limit_cpu(spec["cpu_seconds"]))
    walls.add("file_size", lambda: limits.limit_files(spec["memory"]))
    if sys.platform == "linux":
        _raise_those_of_linux(walls, spec, path)
    else:
        walls.add("filesystem", _nothing)
        walls.add("network", _nothing)
        walls.add("processes", limits.forbid_processes)
    return walls


def _raise_those_of_linux(walls: Walls, spec: Mapping[str, Any], path: list[str]) -> None:
    walls.add("network", _leave_network)
    libc.drop_capabilities()
    walls.add("filesystem", lambda: _restrict_files([*_of_python(path), *_of_spec(spec)]))
    walls.add("network", lambda: _filter(seccomp.network()))
    walls.add("processes", lambda: _filter(seccomp.processes(os.getpid())))


def _leave_network() -> str:
    """A network of one's own, in which there is nothing, not even this machine; without root it takes a user's too."""
    with contextlib.suppress(PermissionError):
        libc.unshare(_CLONE_NEWNET)
        return "namespace"
    libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    return "namespace"


def _restrict_files(grants: list[tuple[str, int]]) -> str:
    """Landlock for what files hold, a filter for what is said about them, which landlock does not see."""
    version = landlock.restrict(grants)
    return f"landlock {version}, {_filter(seccomp.attributes())}"


def _filter(denied: list[seccomp.Deny]) -> str:
    seccomp.restrict(denied)
    return "seccomp"


def _nothing() -> str:
    raise OSError(errno.ENOSYS, f"{sys.platform} has none that a program may raise around itself")


def _of_python(path: list[str]) -> list[tuple[str, int]]:
    """What this Python, and the same Python once it is a worker, runs from."""
    runs = [os.path.realpath(sys.executable), *map(str, landlock.mapped_libraries())]
    libraries = [str(Path(file).parent) for file in runs[1:]]
    settings = [str(Path(prefix) / "pyvenv.cfg") for prefix in (sys.prefix, sys.exec_prefix)]
    extra = [folder for name in _PATHS for folder in os.environ.get(name, "").split(os.pathsep)]
    reads = [*_SYSTEM, *path, *libraries, *settings, *extra]
    return [
        *((file, landlock.RUN) for file in runs),
        *((place, landlock.READ) for place in reads if place),
        (_own_facts(), landlock.READ),
        ("/dev/null", landlock.READ | landlock.FILL),
        # An import begins with the names in a folder.
        *((entry, landlock.LIST) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry),
    ]


def _own_facts() -> str:
    """What the kernel tells a process of itself; it stays open, for the kernel may make its folder anew otherwise."""
    facts = os.path.realpath("/proc/self")
    os.set_inheritable(os.open(facts, os.O_PATH), True)
    return facts


def _of_spec(spec: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [
        *((place, landlock.READ) for place in spec["read"]),
        *((place, landlock.WRITE) for place in spec["write"]),
        *((place, landlock.LIST) for place in spec["listed"]),
    ]
