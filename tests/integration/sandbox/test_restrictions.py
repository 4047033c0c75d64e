"""What a small Python tries in the box, with every wall and with each of them missing."""

from __future__ import annotations

import errno
import fcntl
import json
import mmap
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import termios
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keras2to3 import sandbox
from keras2to3.sandbox import GIB, RESTRICTIONS, SandboxSpec, allowed_syscalls, seccomp, watchdog
from keras2to3.sandbox.syscall_numbers import NEWEST, NUMBERS
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

# What is asked of the kernel before the launcher starts, so that one of its walls does not stand.
WITHOUT = """
import errno, os, sys
sys.path.insert(0, {root!r})
from keras2to3.sandbox import seccomp
from keras2to3.sandbox.seccomp import Argument, SyscallRule
from keras2to3.sandbox.syscall_numbers import NUMBERS
NUMBERS.update(landlock_create_ruleset=(444, 444), unshare=(272, 97))
seccomp.restrict([{denied}], default=0)
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
        made = SandboxSpec(
            (*limits.pop("grants", ()), str(code), str(self.place / "model.h5")),
            (str(self.own),),
            limits.pop("memory", GIB),
            limits.pop("seconds", 9),
        )
        reader, writer = os.pipe()
        with made.to_file() as spec, os.fdopen(reader) as answers:
            launch = ["-I", str(sandbox.LAUNCHER), str(spec.fileno()), str(writer), "program"]
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
    assert set(walls["held"]) == set(RESTRICTIONS) - set(watchdog.WATCHED)
    assert None not in walls["held"].values()
    assert sandbox.missing(walls) == {}
    assert walls["not_granted"] == {}


# Limits


def test_memory(trial: Trial) -> None:
    assert "MemoryError" in trial.run("bytearray(2 << 30)").said
    assert "MemoryError" not in trial.run("bytearray(200 << 20)").said


def test_the_size_of_a_file(trial: Trial) -> None:
    assert "File too large" in trial.run("open('big', 'wb').truncate((1 << 30) + 1)").said


def test_the_time_of_all_cores(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SandboxSpec, "cpu_seconds", 1)
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
        from keras2to3.sandbox.rlimits import lower
        for size in (1000, 5000):
            lower(resource.RLIMIT_FSIZE, size)
            print(*resource.getrlimit(resource.RLIMIT_FSIZE))
        """
    program = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(program, check=True, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.stdout == "1000 1000\n1000 1000\n"


# A restriction that is missing


def limited(number: int) -> str:
    return f'SyscallRule("prlimit64", (Argument(1, ({number},)),), errno.EINVAL, otherwise=0)'


NO_LANDLOCK = 'SyscallRule("landlock_create_ruleset", error=errno.ENOSYS)'
NO_NAMESPACE = 'SyscallRule("unshare", error=errno.EPERM)'
NO_FILTER = 'SyscallRule("prctl", (Argument(0, (22,)),), errno.EINVAL, otherwise=0)'
LAYERS = {
    NO_LANDLOCK: {"filesystem"},
    NO_NAMESPACE: set(),  # without sockets it is one layer more than is needed
    NO_FILTER: {"filesystem", "network", "processes", "memory"},
    limited(resource.RLIMIT_DATA): {"memory"},
    limited(resource.RLIMIT_AS): {"memory"},
    limited(resource.RLIMIT_CPU): {"cpu"},
    limited(resource.RLIMIT_FSIZE): {"file_size"},
    limited(resource.RLIMIT_CORE): {"file_size"},
}


@pytest.mark.parametrize(("layer", "restrictions"), LAYERS.items())
def test_without_a_layer_its_restrictions_are_missing_and_the_others_hold(
    layer: str, restrictions: set[str], trial: Trial
) -> None:
    boxed = trial.run("print('works')", without=layer)
    assert boxed.said == "works\n"
    assert sandbox.missing(boxed.walls).keys() == restrictions
    assert {name for name, held in boxed.walls["held"].items() if held is None} == restrictions
    assert all(sandbox.missing(boxed.walls).values())


def test_every_restriction_can_be_missing_in_a_test() -> None:
    assert set().union(*LAYERS.values()) == set(RESTRICTIONS) - set(watchdog.WATCHED)


@pytest.mark.parametrize(("layer", "left"), [(NO_FILTER, "namespace"), (NO_NAMESPACE, "seccomp")])
def test_each_layer_of_the_network_keeps_what_it_can(layer: str, left: str, trial: Trial) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5)"
        boxed = trial.run(program, without=layer)
        subprocess.run([sys.executable, "-c", program], check=True)
    assert "OSError" in boxed.said or "PermissionError" in boxed.said, left


# A grant that cannot be made


def special_files(place: Path) -> dict[str, str]:
    """Paths of which nothing can be granted, by what they are."""
    (place / "loop").symlink_to(place / "loop")
    (place / "link").symlink_to(place / "secret")
    (place / "dangling").symlink_to(place / "nowhere")
    os.mkfifo(place / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(place / "socket"))
    return {
        "a link to itself": str(place / "loop"),
        "below a link to itself": str(place / "loop" / "x.h5"),
        "a link to another file": str(place / "link"),
        "a link to nowhere": str(place / "dangling"),
        "not there": str(place / "nowhere"),
        "below a file": str(place / "model.h5" / "x.h5"),
        "a name that is too long": str(place / ("x" * 300)),
        "a path that is too long": str(place) + "/x" * 3000,
        "a pipe": str(place / "pipe"),
        "a socket": str(place / "socket"),
        "a device": "/dev/full",
        "a name with a NUL": str(place / "model.h5\0.h5"),
        "a name that cannot be written": str(place / "\ud800.h5"),
        "a name that is no text": str(place / os.fsdecode(b"\xff\xfe.h5")),
        "no name": "",
    }


def test_a_grant_that_cannot_be_made_is_told_and_lowers_nothing(trial: Trial) -> None:
    kinds = special_files(trial.place)
    programs = [judged(name) for name in ATTEMPTS]
    program = f"for attempt in {programs!r}:\n    exec(compile(attempt, 'attempt', 'exec'))"
    boxed = trial.run(program, grants=tuple(kinds.values()))
    assert boxed.said == "not permitted\n" * len(ATTEMPTS)
    assert boxed.walls["not_granted"].keys() == set(kinds.values())
    assert all(boxed.walls["not_granted"].values())
    assert sandbox.missing(boxed.walls) == {}


def test_beside_a_grant_that_cannot_be_made_the_others_are(trial: Trial) -> None:
    kinds = special_files(trial.place)
    boxed = trial.run("import os\nprint(open(os.environ['PLACE'] + '/model.h5').read())", grants=tuple(kinds.values()))
    assert boxed.said == "a model\n"


# The filter by itself


def verdict(steps: list[seccomp.Instruction], architecture: int, number: int, *arguments: int) -> int:
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


MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
PID = 77


@dataclass(frozen=True)
class Filter:
    """What the filter of a machine answers to a call."""

    machine: str
    steps: list[seccomp.Instruction]

    def answer(self, name: str, *arguments: int) -> int:
        number = NUMBERS[name][MACHINES[self.machine][1]]
        assert number is not None
        return self.of_number(number, *arguments)

    def of_number(self, number: int, *arguments: int) -> int:
        return verdict(self.steps, MACHINES[self.machine][0], number, *arguments)


@pytest.fixture(params=MACHINES)
def filtered(request: pytest.FixtureRequest) -> Filter:
    return Filter(request.param, seccomp.program(allowed_syscalls.rules(PID), request.param))


def test_every_number_without_a_rule_fails(filtered: Filter) -> None:
    column = MACHINES[filtered.machine][1]
    listed = {NUMBERS[rule.name][column] for rule in allowed_syscalls.rules(PID)}
    for number in range(1 << 10):
        if number not in listed:
            assert filtered.of_number(number) == (DENIED if number <= NEWEST else NOT_THERE), number


@pytest.mark.parametrize(
    ("name", "arguments", "wrong"),
    [
        ("clone", (0x10F00,), [(17,), (0x10000,), (0x10F00 | 0x20000,), (0x10F00 | 0x10000000,), (0x10F00 | 0x80,)]),
        ("kill", (PID,), [(0,), (1,), (PID + 1,), (0xFFFFFFFF,), (-PID & 0xFFFFFFFF,)]),
        ("tgkill", (PID, 5), [(0, PID), (PID + 1, PID + 1)]),
        ("openat", (0, 0, os.O_RDONLY), [(0, 0, os.O_RDONLY | os.O_TRUNC)]),
        ("openat", (0, 0, os.O_WRONLY | os.O_TRUNC, 0o666), [(0, 0, os.O_TRUNC | os.O_CREAT)]),
        ("openat", (0, 0, os.O_RDWR, 0o4755), [(0, 0, 0x42, 0o4755), (0, 0, 0x400002, 0o2755)]),
        ("mkdirat", (0, 0, 0o755), [(0, 0, 0), (0, 0, 0o077), (0, 0, 0o2755)]),
        ("mmap", (0, 1, 3, mmap.MAP_PRIVATE | mmap.MAP_ANON), [(0, 1, 3, mmap.MAP_SHARED | mmap.MAP_ANON)]),
        ("mmap", (0, 1, 1, mmap.MAP_SHARED), [(0, 1, 3, 0x23), (0, 1, 3, 0x122)]),
        ("fcntl", (0, fcntl.F_GETFL), [(0, number) for number in (5, 6, 8, 10, 37, 15, 1024, 1026, 1031, 1033, 1036)]),
        ("ioctl", (0, termios.TIOCGWINSZ), [(0, termios.TIOCSTI), (0, 0x40086602), (0, 0x40049409)]),
        ("prctl", (15,), [(number,) for number in (1, 4, 8, 22, 24, 28, 35, 38, 47, 0x59616D61)]),
        ("prlimit64", (0,), [(1,), (PID + 1,)]),
        ("sched_getaffinity", (PID,), [(PID + 1,)]),
        ("sched_getscheduler", (0,), [(1,)]),
        ("sched_getparam", (0,), [(1,)]),
        ("renameat2", (0, 0, 0, 0, 1), [(0, 0, 0, 0, 4)]),
    ],
)
def test_of_calls_with_a_dangerous_part_the_rest_happens(
    name: str, arguments: tuple[int, ...], wrong: list[tuple[int, ...]], filtered: Filter
) -> None:
    assert filtered.answer(name, *arguments) == ALLOWED
    for others in wrong:
        assert filtered.answer(name, *others) & 0x7FFF0000 == 0x50000, others


def test_what_the_c_library_does_in_another_way_is_not_there(filtered: Filter) -> None:
    for name in ("clone3", "openat2", "memfd_create"):
        assert filtered.answer(name) == NOT_THERE


def test_numbers_of_another_architecture_end_the_process(filtered: Filter) -> None:
    assert filtered.of_number(0x40000029) == KILLED
    assert verdict(filtered.steps, 0x40000003, 1) == KILLED


def test_a_machine_that_nobody_has_listed_has_no_filter() -> None:
    with pytest.raises(OSError, match="riscv64"):
        seccomp.program(allowed_syscalls.rules(PID), "riscv64")


def test_the_launcher_compiles_the_code_that_the_worker_cannot(trial: Trial) -> None:
    trial.run("print('hello')")
    assert list(trial.place.glob("code/program/__pycache__/__main__.*.pyc"))
