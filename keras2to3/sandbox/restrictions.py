"""Apply the restrictions to this process one by one, and record which are in force and which are missing."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras2to3.sandbox import allowed_syscalls, landlock, libc, rlimits, seccomp
from keras2to3.sandbox.landlock import Grant

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

# Where a system keeps its libraries, time zones and facts about its processors; no files of users.
_SYSTEM = """/lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /nix/store /gnu/store /usr/share/zoneinfo
    /etc/ld.so.cache /etc/localtime /proc/cpuinfo /proc/meminfo /proc/stat /proc/filesystems
    /sys/devices/system/cpu /sys/devices/system/node /dev/urandom""".split()
_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass
class AppliedRestrictions:
    """The layers of each restriction that hold, why one that is required does not, and what could not be granted."""

    layers: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    not_granted: dict[str, str] = field(default_factory=dict)

    @property
    def in_force(self) -> dict[str, str | None]:
        """What holds each restriction; None where a layer that is required does not."""
        names = dict.fromkeys((*self.layers, *self.missing))
        return {name: None if name in self.missing else ", ".join(self.layers[name]) for name in names}

    def add(self, names: str, layer: Callable[[], str], *, required: bool = True) -> None:
        """Add a layer to some restrictions; without one that is required a restriction is missing."""
        try:
            mechanism = layer()
        except (OSError, ValueError) as error:  # Python raises ValueError for a limit that cannot be set
            reason = getattr(error, "strerror", None) or str(error)
            for name in names.split() if required else ():
                self.missing[name] = f"{self.missing[name]}, {reason}" if name in self.missing else reason
        else:
            for name in names.split():
                self.layers.setdefault(name, []).append(mechanism)


def apply(spec: Mapping[str, Any], path: list[str]) -> AppliedRestrictions:
    """Apply every available restriction to this process; `path` is where its Python imports from."""
    applied = AppliedRestrictions()
    applied.add("memory", lambda: rlimits.limit_memory(spec["memory"]))
    applied.add("cpu", lambda: rlimits.limit_cpu(spec["cpu_seconds"]))
    applied.add("file_size", lambda: rlimits.limit_files(spec["memory"]))
    if sys.platform == "linux":
        _apply_on_linux(applied, spec, path)
    else:
        applied.add("filesystem network", _nothing)
        applied.add("processes", rlimits.forbid_processes)
    return applied


def _apply_on_linux(applied: AppliedRestrictions, spec: Mapping[str, Any], path: list[str]) -> None:
    """Landlock restricts access to files; the filter of system calls restricts everything else."""
    applied.add("network", _leave_network, required=False)
    libc.drop_capabilities()
    applied.add("filesystem", lambda: _restrict_files(applied, [*_of_python(path), *_of_spec(spec)]))
    applied.add("filesystem network processes memory", _filter)


def _leave_network() -> str:
    """An empty network namespace, without even the loopback device; without root it needs a user namespace too."""
    with contextlib.suppress(PermissionError):
        libc.unshare(_CLONE_NEWNET)
        return "namespace"
    libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    return "namespace"


def _restrict_files(applied: AppliedRestrictions, grants: list[Grant]) -> str:
    version, applied.not_granted = landlock.restrict(grants)
    return f"landlock {version}"


def _filter() -> str:
    seccomp.restrict(allowed_syscalls.rules(os.getpid()))
    return "seccomp"


def _nothing() -> str:
    raise OSError(errno.ENOSYS, f"a program on {sys.platform} cannot restrict itself")


def _of_python(path: list[str]) -> list[Grant]:
    """Read access to what this Python runs from, now and as the worker."""
    program, mapped = os.path.realpath(sys.executable), landlock.mapped_libraries()
    runs = [program, *map(str, mapped)]
    libraries = [str(file.parent) for file in mapped - {Path(program)}]
    settings = [str(Path(prefix) / "pyvenv.cfg") for prefix in (sys.prefix, sys.exec_prefix)]
    extra = [folder for name in _PATHS for folder in os.environ.get(name, "").split(os.pathsep)]
    reads = [*_SYSTEM, *path, *libraries, *settings, *extra]
    imports = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [
        *(Grant(file, landlock.RUN) for file in runs),
        *(Grant(place, landlock.READ) for place in reads if place),
        Grant(_own_facts(), landlock.READ),
        Grant("/dev/null", landlock.READ | landlock.FILL),
        *(Grant(entry, landlock.LIST) for entry in imports if entry),  # an import begins with the names in a folder
    ]


def _own_facts() -> str:
    """Where the kernel describes this process; kept open, because the kernel may create the folder anew otherwise."""
    facts = os.path.realpath("/proc/self")
    os.set_inheritable(os.open(facts, os.O_PATH), True)
    return facts


def _of_spec(spec: Mapping[str, Any]) -> list[Grant]:
    imports = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [
        *(Grant(place, landlock.READ, named=place not in imports) for place in spec["read"]),
        *(Grant(place, landlock.WRITE, named=True) for place in spec["write"]),
        *(Grant(place, landlock.LIST) for place in spec["listed"]),
    ]
