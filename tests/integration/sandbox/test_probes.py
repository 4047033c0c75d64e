"""Everything a worker that was taken over may try, in the box: as whoever runs the tests, as an ordinary user, and with
the landlock of older kernels."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keras2to3 import sandbox
from keras2to3.sandbox import GIB, SandboxSpec, allowed_syscalls
from keras2to3.sandbox.syscall_numbers import NUMBERS
from tests.attacks.syscall_numbers import NUMBERS as NOT_NEEDED
from tests.support.paths import ROOT

PROBES = ROOT / "tests" / "attacks" / "probes.py"
NOBODY = 65534
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the restrictions are Linux's")

# Starts the launcher with the landlock of another kernel.
OLDER = """
import runpy, sys
sys.path.insert(0, {root!r})
from keras2to3.sandbox import landlock
known = landlock.version()
landlock.version = lambda: min(known, {version})
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class User:
    """Somebody, and a Python that he may start."""

    python: str
    options: Mapping[str, Any]


def ordinary() -> User:
    """Nobody, if that is not who runs the tests anyway."""
    found = [path for path in ("/usr/bin/python3", "/usr/local/bin/python3") if Path(path).exists()]
    if os.geteuid() != 0 or not found:
        pytest.skip("there is nobody else to be")
    return User(found[0], {"user": NOBODY, "group": NOBODY, "extra_groups": []})


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter, with a secret beside what the box has."""
    folder = Path(tempfile.mkdtemp())
    for name in ("code/program", "own"):
        (folder / name).mkdir(parents=True)
    (folder / "model.h5").write_text("a model")
    (folder / "secret").write_text("canary")
    shutil.copy(PROBES, folder / "code" / "program" / "__main__.py")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


class Shared:
    """What System V has a process share with others: memory, a queue and a semaphore, all open to everybody."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self.shm = self._library.shmget(0, 4096, 0o666)
        self.msg = self._library.msgget(0, 0o666)
        self.sem = self._library.semget(0, 1, 0o666)
        assert min(self.shm, self.msg, self.sem) >= 0

    def close(self) -> None:
        """Remove them."""
        removed = (
            self._library.shmctl(self.shm, 0, None),
            self._library.msgctl(self.msg, 0, None),
            self._library.semctl(self.sem, 0, 0),
        )
        assert removed == (0, 0, 0), "nobody else has"


def outcomes(place: Path, user: User, version: int | None = None) -> dict[str, str]:
    """What became of each probe."""
    made = SandboxSpec((str(place / "code" / "program"), str(place / "model.h5")), (str(place / "own"),), GIB, 60)
    reader, writer = os.pipe()
    before = [] if version is None else ["-c", OLDER.format(root=str(ROOT), version=version)]
    shared, victim = Shared(), subprocess.Popen(["sleep", "300"], **user.options)
    given = {"place": str(place), "victim": victim.pid, "numbers": NOT_NEEDED, "key": 4711}
    given |= {"shm": shared.shm, "msg": shared.msg, "sem": shared.sem}
    try:
        with made.to_file() as spec, os.fdopen(reader) as answers:
            launch = ["-I", *before, str(sandbox.LAUNCHER), str(spec.fileno()), str(writer), "program"]
            done = subprocess.run(
                [user.python, *launch],
                env={"PYTHONPATH": str(place / "code"), "PROBES": json.dumps(given), "PYTHONDONTWRITEBYTECODE": "1"},
                cwd=place / "own",
                stdin=subprocess.PIPE,
                capture_output=True,
                pass_fds=[writer, spec.fileno()],
                start_new_session=True,
                text=True,
                timeout=120,
                check=False,
                **user.options,
            )
            os.close(writer)
            told = json.loads(answers.readline())
        assert sandbox.missing(told) == {}
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()
        shared.close()
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = {}
    for line in done.stdout.splitlines():
        found |= json.loads(line)
    return found


USERS = {"whoever runs the tests": lambda: User(sys.executable, {}), "an ordinary user": ordinary}


@pytest.mark.parametrize(
    ("who", "version"),
    [*((who, None) for who in USERS), *(("whoever runs the tests", version) for version in (1, 3, 5))],
)
def test_every_probe_is_refused(who: str, version: int | None, place: Path) -> None:
    found = outcomes(place, USERS[who](), version)
    assert {name: outcome for name, outcome in found.items() if not outcome.startswith("refused")} == {}
    assert len(found) > 400
    assert (place / "secret").read_text() == "canary"
    assert (place / "model.h5").read_text() == "a model"
    left = [path for path in (place / "own").iterdir() if not stat.S_ISREG(path.lstat().st_mode)]
    assert left == []


def test_every_system_call_is_either_needed_or_probed() -> None:
    needed = {rule.name for rule in allowed_syscalls.rules(1)}
    assert needed == NUMBERS.keys()
    assert needed & NOT_NEEDED.keys() == set()
    for column in (0, 1):
        numbers = [table[name][column] for table in (NUMBERS, NOT_NEEDED) for name in table]
        given = sorted(number for number in numbers if number is not None)
        assert given == sorted(set(given)), "no number has two names"
        assert set(range(424, 470)) <= set(given), "those that all architectures share"
