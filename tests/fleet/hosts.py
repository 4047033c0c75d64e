"""Machines for a test, made of namespaces: network, processes, name, /tmp and /dev/shm of each are its own.

What they share is the kernel, the clock and the files of the project. They reach each other and the test through a
switch, which is a bridge in a network of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.paths import ROOT

_UNSHARE = ("unshare", "--net", "--mount", "--pid", "--ipc", "--uts", "--fork", "--mount-proc", "--kill-child")
# The project may lie below /tmp, so it is mounted in the empty one before that is put in its place.
_INSIDE = """
set -e
hostname "$1"
ip link set lo up
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs "$3"
case "$2" in /tmp/*) mkdir -p "$3/${2#/tmp/}"; mount --bind "$2" "$3/${2#/tmp/}";; esac
mount --rbind "$3" /tmp
echo ready
exec cat
"""


def missing() -> str | None:
    """Why no machines can be made here; None if they can."""
    if absent := [name for name in ("unshare", "nsenter", "ip") if shutil.which(name) is None]:
        return f"no {' and '.join(absent)}: apt-get install util-linux iproute2"
    tried = subprocess.run([*_UNSHARE, "true"], check=False, capture_output=True, text=True)
    if tried.returncode:
        return f"namespaces are not allowed to this user, or in this container: {tried.stderr.strip()}"
    names = ("k2to3-try0", "k2to3-try1")
    tried = _ip("link", "add", names[0], "type", "veth", "peer", "name", names[1], check=False)
    _ip("link", "delete", names[0], check=False)
    return f"no virtual network devices here: {tried.stderr.strip()}" if tried.returncode else None


@dataclass
class Host:
    """A machine: `init` holds its namespaces, the first process in which has the id `pid` here."""

    name: str
    address: str
    folder: Path
    switch: Host | None = None
    init: subprocess.Popen[str] = field(init=False)
    pid: int = field(init=False)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        command = [*_UNSHARE, "sh", "-c", _INSIDE, "sh", self.name, str(ROOT), str(self.folder)]
        # It ends with its input, and so with the test, however that ends.
        self.init = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.init.stdout
        assert self.init.stdout.readline() == "ready\n"
        children = Path(f"/proc/{self.init.pid}/task/{self.init.pid}/children")
        self.pid = int(children.read_text("ascii"))

    def start(self, *words: object, log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """A command on this machine, whose lines go to a file of the test."""
        enter = ["nsenter", "--target", str(self.pid), "--net", "--mount", "--pid", "--ipc", "--uts", "--"]
        with log.open("ab") as file:
            process = subprocess.Popen(
                [*enter, "sh", "-c", 'cd /tmp; exec "$@"', "sh", *map(str, words)],
                env=dict(environment), stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            )  # fmt: skip
        self.started.append(process)
        return process

    def processes(self, word: str) -> dict[int, list[str]]:
        """The words of every command on this machine of which this is one, by the id of its process here."""
        found = {}
        namespace = Path(f"/proc/{self.pid}/ns/pid").readlink()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended
                if (process / "ns" / "pid").readlink() == namespace:
                    words = (process / "cmdline").read_bytes().decode().split("\0")
                    found |= {int(process.name): words} if word in words else {}
        return found

    def lose(self) -> None:
        """End this machine as a power cut does: nobody on the network is told."""
        if self.switch is not None:
            self.switch.run("ip", "link", "set", self.name, "down")
        self.end()

    def end(self) -> None:
        """End all its processes."""
        self.init.kill()  # and with it, as `--kill-child` says, the first process inside, and so all others
        for process in (self.init, *self.started):
            process.wait()
        for stream in filter(None, (self.init.stdin, self.init.stdout)):
            stream.close()

    def run(self, *words: str) -> None:
        """Run a command in the network of this machine."""
        enter = ["nsenter", "--target", str(self.pid), "--net", "--"]
        subprocess.run([*enter, *words], check=True, capture_output=True)


class Network:
    """A switch, with machines by their names, and the address of the test in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prefix = f"198.18.{os.getpid() % 256}"  # of the range for measurements, which nobody routes
        self._switch = Host("switch", "", folder / "switch")
        self._switch.run("ip", "link", "add", "bridge", "type", "bridge")
        self._switch.run("ip", "link", "set", "bridge", "up")
        self._hosts: dict[str, Host] = {}
        self.address = f"{self._prefix}.1"
        self._device = f"k2to3-{os.getpid()}"
        _ip("link", "add", self._device, "type", "veth", "peer", "name", "test", "netns", str(self._switch.pid))
        self._plug("test")
        _ip("address", "add", f"{self.address}/24", "dev", self._device)
        _ip("link", "set", self._device, "up")

    def host(self, name: str) -> Host:
        """A new machine."""
        number = len(self._hosts) + 2
        host = self._hosts[name] = Host(name, f"{self._prefix}.{number}", self._folder / name, self._switch)
        inside = ("netns", str(host.pid))
        self._switch.run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", *inside)
        self._plug(name)
        host.run("ip", "address", "add", f"{host.address}/24", "dev", "eth0")
        host.run("ip", "link", "set", "eth0", "up")
        return host

    def _plug(self, name: str) -> None:
        self._switch.run("ip", "link", "set", name, "master", "bridge")
        self._switch.run("ip", "link", "set", name, "up")

    def close(self) -> None:
        """End all machines."""
        for host in (*self._hosts.values(), self._switch):
            host.end()


@contextlib.contextmanager
def network(folder: Path) -> Iterator[Network]:
    """A network without machines, all of which end with it."""
    made = Network(folder)
    try:
        yield made
    finally:
        made.close()


def _ip(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)
