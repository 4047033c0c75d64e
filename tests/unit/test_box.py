"""What a small Python tries in the box, with every wall and with each of them missing."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keras2to3 import box
from keras2to3.box import GIB, WALLS, Box, seccomp
from keras2to3.box.syscalls import NUMBERS

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

# What is asked of the kernel before the launcher starts, so that one of its walls does not stand.
WITHOUT = """
import errno, os, sys
sys.path.insert(0, {root!r})
from keras2to3.box import seccomp
from keras2to3.box.syscalls import NUMBERS
NUMBERS.update(landlock_create_ruleset=(444, 444), prctl=(157, 167))
seccomp.restrict({denied})
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@dataclass(frozen=True)
class Boxed:
    """How a program in the box ended, and what its launcher told."""

    code: int
    said: str
    walls: Any


@dataclass(frozen=True)
class Trial:
    """A place with a secret beside the box, one file to read in it and one folder to write."""

    place: Path

    @property
    def own(self) -> Path:
        return self.place / "own"

    def run(self, program: str, without: str = "", **limits: Any) -> Boxed:
        """Run a program as a worker is run; `without` is what a filter of ours keeps from its launcher."""
        code = self.place / "code" / "program"
        (code / "__main__.py").write_text(textwrap.dedent(program))
        made = Box(
            (str(code), str(self.place / "model.h5")),
            (str(self.own),),
            limits.pop("memory", GIB),
            limits.pop("seconds", 9),
        )
        reader, writer = os.pipe()
        with made.spec() as spec, os.fdopen(reader) as answers:
            launch = ["-I", str(box.LAUNCHER), str(spec.fileno()), str(writer), "program"]
            before = ["-c", WITHOUT.format(root=str(ROOT), denied=without)] if without else []
            process = subprocess.Popen(
                [sys.executable, *before, *launch],
                env={"PYTHONPATH": str(code.parent), "PYTHONUNBUFFERED": "1", "PLACE": str(self.place)},
                cwd=self.own,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[writer, spec.fileno()],
                start_new_session=True,
                text=True,
            )
            os.close(writer)
            said, _ = process.communicate(timeout=60)
            told = answers.readline()
        return Boxed(process.returncode, said, json.loads(told) if told else None)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    for folder in ("code/program", "own"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "model.h5").write_text("a model")
    (tmp_path / "secret").write_text("canary")
    return Trial(tmp_path)


ATTEMPTS = {
    "open a socket": "socket.socket()",
    "open a pair of sockets": "socket.socketpair()",
    "read a file": "print(open(f'{PLACE}/secret').read())",
    "list a folder": "print(os.listdir(PLACE))",
    "read who the users are": "open('/etc/passwd')",
    "read what its parent was started with": "open(f'/proc/{os.getppid()}/environ')",
    "write a file": "open(f'{PLACE}/left', 'w')",
    "write the model": "open(f'{PLACE}/model.h5', 'a')",
    "empty the model": "os.truncate(f'{PLACE}/model.h5', 0)",
    "empty the model by opening it": "os.open(f'{PLACE}/model.h5', os.O_RDONLY | os.O_TRUNC)",
    "remove the model": "os.remove(f'{PLACE}/model.h5')",
    "move the model": "os.rename(f'{PLACE}/model.h5', 'mine.h5')",
    "link the model": "os.link(f'{PLACE}/model.h5', 'mine.h5')",
    "let everybody write the model": "os.chmod(f'{PLACE}/model.h5', 0o666)",
    "date the model back": "os.utime(f'{PLACE}/model.h5', (0, 0))",
    "mark the model": "os.setxattr(f'{PLACE}/model.h5', 'user.mark', b'x')",
    "make a symbolic link": "os.symlink(f'{PLACE}/secret', 'link')",
    "make a pipe with a name": "os.mkfifo('pipe')",
    "change a library": "open(os.__file__, 'a')",
    "fork": "os.fork() or os._exit(0)",
    "start a shell": "subprocess.run(['/bin/sh', '-c', 'true'])",
    "become a shell": "os.execv('/bin/sh', ['sh', '-c', 'echo done'])",
    "signal its parent": "os.kill(os.getppid(), 0)",
    "be traced": "called('ptrace', 0, 0, 0, 0)",
    "enter a namespace": "called('unshare', 0x10000000)",
}
JUDGED = """
import ctypes, errno, os, socket, subprocess
PLACE = os.environ["PLACE"]

def called(name, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments):
        raise OSError(ctypes.get_errno(), name)

try:
    {attempt}
except OSError as error:
    print("not permitted" if error.errno in (errno.EPERM, errno.EACCES, errno.EXDEV) else error)
else:
    print("done")
"""


def judged(name: str) -> str:
    return JUDGED.format(attempt=ATTEMPTS[name])


@pytest.mark.parametrize("name", ATTEMPTS)
def test_it_cannot(name: str, trial: Trial) -> None:
    boxed = trial.run(judged(name))
    assert boxed.said == "not permitted\n"
    assert (trial.place / "model.h5").read_text() == "a model"
    assert sorted(path.name for path in trial.place.iterdir()) == ["code", "model.h5", "own", "secret"]


@pytest.mark.parametrize("name", sorted(ATTEMPTS.keys() - {"enter a namespace"}))  # which not every machine allows
def test_it_could_without_the_box(name: str, trial: Trial) -> None:
    program, variables = [sys.executable, "-c", judged(name)], {"PLACE": str(trial.place)}
    done = subprocess.run(program, check=False, cwd=trial.own, env=variables, capture_output=True, text=True)
    assert done.stdout.endswith("done\n")


def test_it_can_do_its_work(trial: Trial) -> None:
    boxed = trial.run("""
        import hashlib, os, tempfile, threading
        print(open(os.environ["PLACE"] + "/model.h5").read())
        os.makedirs("a/b")
        open("a/b/c", "w").write("mine")
        os.rename("a/b/c", "a/b/d")
        os.remove("a/b/d")
        os.urandom(4)
        open(os.devnull, "w").write("x")
        thread = threading.Thread(target=print, args=["a thread"])
        thread.start()
        thread.join()
        """)
    assert boxed.said == "a model\na thread\n"
    assert boxed.code == 0


def test_every_wall_is_told(trial: Trial) -> None:
    walls = trial.run("").walls
    assert set(walls["held"]) == set(WALLS)
    assert None not in walls["held"].values()
    assert box.gaps(walls) == ""


# Limits


def test_memory(trial: Trial) -> None:
    assert "MemoryError" in trial.run("bytearray(2 << 30)").said
    assert "MemoryError" not in trial.run("bytearray(200 << 20)").said
    assert "Cannot allocate" in trial.run("import mmap; mmap.mmap(-1, 3 << 30)").said, "shared memory as well"


def test_the_size_of_a_file(trial: Trial) -> None:
    assert "File too large" in trial.run("open('big', 'wb').truncate((1 << 30) + 1)").said


def test_the_time_of_all_cores(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Box, "cpu_seconds", 1)
    ignoring = "import signal; signal.signal(signal.SIGXCPU, print)\nwhile True: pass"
    assert trial.run(ignoring).code == -signal.SIGKILL


def test_no_limit_can_be_raised_again(trial: Trial) -> None:
    boxed = trial.run("""
        import resource
        for name in ("RLIMIT_DATA", "RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_CORE"):
            soft, hard = resource.getrlimit(getattr(resource, name))
            try:
                resource.setrlimit(getattr(resource, name), (hard + 1, hard + 1))
            except ValueError as error:
                print(error)
        """)
    assert boxed.said.count("not allowed to raise maximum limit") == 5


def test_a_lower_limit_of_the_user_stays() -> None:
    code = """
        import resource
        from keras2to3.box.limits import lower
        for size in (1000, 5000):
            lower(resource.RLIMIT_FSIZE, size)
            print(*resource.getrlimit(resource.RLIMIT_FSIZE))
        """
    program = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(program, check=True, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.stdout == "1000 1000\n1000 1000\n"


# A wall that is missing

MISSING = {
    "filesystem": '[seccomp.Deny("landlock_create_ruleset", errno.ENOSYS)]',
    "network": '[seccomp.Deny("unshare"), seccomp.Deny("prctl", errno.EINVAL, word=0, value=22)]',
    "processes": '[seccomp.Deny("prctl", errno.EINVAL, word=0, value=22)]',
    "memory": '[seccomp.Deny("prlimit64", word=2, value=2)]',
    "cpu": '[seccomp.Deny("prlimit64", word=2, value=0)]',
    "file_size": '[seccomp.Deny("prlimit64", word=2, value=1)]',
}


@pytest.mark.parametrize("wall", WALLS)
def test_a_missing_wall_is_told_and_the_others_stand(wall: str, trial: Trial) -> None:
    walls = trial.run("print('works')", without=MISSING[wall])
    assert walls.said == "works\n"
    assert walls.walls["held"][wall] is None
    assert f"{wall} (" in box.gaps(walls.walls)
    assert walls.walls["missing"][wall]


@pytest.mark.parametrize("layer", ["namespace", "seccomp"])
def test_each_layer_of_the_network_is_enough(layer: str, trial: Trial) -> None:
    namespace, filtered = MISSING["network"].strip("[]").split(", seccomp", 1)
    without = f"[seccomp{filtered}]" if layer == "namespace" else f"[{namespace}]"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5)"
        boxed = trial.run(program, without=without)
        subprocess.run([sys.executable, "-c", program], check=True)
    assert boxed.walls["held"]["network"] == layer
    assert "OSError" in boxed.said or "PermissionError" in boxed.said


# The filter by itself


def verdict(steps: list[tuple[int, int, int, int]], architecture: int, number: int, *arguments: int) -> int:
    """What a filter answers to a call, as the kernel would run it."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    value = at = 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("<I", data, operand)
        elif code == 0x54:
            value &= operand
        elif code == 0x06:
            return operand
        else:
            at += if_true if (value == operand if code == 0x15 else value >= operand) else if_false


ALLOWED, DENIED, NOT_THERE, KILLED = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000


@pytest.mark.parametrize(("machine", "architecture", "column"), [("x86_64", 0xC000003E, 0), ("aarch64", 0xC00000B7, 1)])
def test_what_the_filter_answers(machine: str, architecture: int, column: int) -> None:
    steps = seccomp.program([*seccomp.network(), *seccomp.attributes(), *seccomp.processes(77)], machine)

    def answer(name: str, *arguments: int) -> int:
        return verdict(steps, architecture, NUMBERS[name][column] or 0, *arguments)

    assert answer("socket") == answer("mount") == answer("fchmodat") == DENIED
    assert answer("clone3") == answer("openat2") == NOT_THERE
    assert answer("clone", 0x10000) == ALLOWED
    assert answer("clone", 17) == DENIED
    assert answer("kill", 77) == ALLOWED
    assert answer("kill", 78) == answer("kill", 0xFFFFFFFF) == DENIED
    assert answer("openat", 0, 0, os.O_RDONLY | os.O_TRUNC) == DENIED
    assert answer("openat", 0, 0, os.O_WRONLY | os.O_TRUNC) == answer("openat", 0, 0, os.O_RDONLY) == ALLOWED
    assert verdict(steps, architecture, 0x40000029) == verdict(steps, 0x40000003, 1) == KILLED


def test_a_machine_that_nobody_has_listed_has_no_filter() -> None:
    with pytest.raises(OSError, match="riscv64"):
        seccomp.program(seccomp.network(), "riscv64")


def test_the_launcher_compiles_the_code_that_the_worker_cannot(trial: Trial) -> None:
    trial.run("print('hello')")
    assert list(trial.place.glob("code/program/__pycache__/__main__.*.pyc"))
