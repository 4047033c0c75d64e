"""The power fails while results are replaced: what is on the disk then is what was synchronised.

The results are on a file system of their own in a file. While the command stands still, the file is copied: the copy
lacks what the system has not yet written, as a disk would. It is mounted, looked at, and the command run on it again.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from proof.crashes import fake, results
from proof.crashes.results import Trial

_SIZE = 48 << 20
# Nothing gets to the disk by itself in the time of a run, and a name not with the content that it stands for.
_OPTIONS = "loop,commit=300,delalloc,noauto_da_alloc,data=writeback"


def missing() -> str | None:
    """Why it cannot be tried here; None if it can."""
    tools = [name for name in ("mkfs.ext4", "mount", "umount") if shutil.which(name) is None]
    if tools:
        return f"{tools[0]} is missing"
    return None if os.geteuid() == 0 else "only root can mount"


def trials(place: Path, count: int, seed: int) -> Iterator[Trial]:
    """So many losses of power, spread over runs that replace all results of an earlier edition."""
    chance, done = random.Random(seed), 0  # noqa: S311
    while done < count:
        for trial in _run(place, chance, count - done):
            done += 1
            yield trial


def _run(place: Path, chance: random.Random, most: int) -> Iterator[Trial]:
    image, disk = place / "disk.img", place / "disk"
    _make(image)
    before = fake.write_models(place / "models", "first edition")
    with _mounted(image, disk):
        code, lines = fake.run(place, disk / "out")
        if code:
            raise RuntimeError(lines)
        subprocess.run(["sync", "-f", str(disk)], check=True)
        after = fake.write_models(place / "models", f"edition {chance.random()}")
        copies = _copies(place, disk, image, chance, min(most, 12))
    for copy in copies:
        with _mounted(copy, place / "copy"):
            output = place / "copy" / "out"
            right = {name: (before[name], after[name]) for name in before}
            problems = results.half_done(output, right) + results.lost(output, before)
            replaced = sum(content == after.get(name) for name, content in results.models(output).items())
            code, lines = fake.run(place, output)
            problems += [f"the second run ended with {code}: {lines[-300:]}"] if code else []
            problems += results.unfinished(output, after)
        copy.unlink()
        yield Trial("power", f"{replaced} of {len(after)} replaced", tuple(problems))


def _make(image: Path) -> None:
    with image.open("wb") as file:
        file.truncate(_SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)


@contextlib.contextmanager
def _mounted(image: Path, folder: Path) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", _OPTIONS, str(image), str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _copies(place: Path, disk: Path, image: Path, chance: random.Random, most: int) -> Sequence[Path]:
    """What is on the disk at some times of one run, while results are moved or shortly after."""
    copies: list[Path] = []
    journal = disk / "out" / results.HIDDEN / "publishing.json"
    with fake.start(place, disk / "out", "--jobs=1") as process:
        while process.poll() is None and len(copies) < most:
            if not journal.exists():
                time.sleep(0.0005)
                continue
            time.sleep(chance.choice((0, 0, 0.003, 0.02, 0.1)))
            process.send_signal(signal.SIGSTOP)
            _wait_until_stopped(process.pid)
            if chance.random() < 0.5:
                _write_names(disk)
            copy = place / f"copy-{len(copies)}.img"
            subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
            copies.append(copy)
            process.send_signal(signal.SIGCONT)
        process.communicate(timeout=fake.PATIENCE)
    return copies


def _write_names(disk: Path) -> None:
    """Have the file system write what it knows of all files, as it does when any is synchronised."""
    with (disk / "other").open("wb") as file:
        file.write(b"x")
        os.fsync(file.fileno())


def _wait_until_stopped(pid: int) -> None:
    """A thread in the middle of a write goes on until that is done."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            states = [
                path.read_text().rpartition(")")[2].split()[0] for path in Path(f"/proc/{pid}/task").glob("*/stat")
            ]
        except OSError:
            return
        if all(state in "TZ" for state in states):
            return
        time.sleep(0.001)
