"""Every change of the output folder fails once: each in a run of its own, with each error, once or from then on."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from proof.crashes import fake, results
from proof.crashes.results import Trial
from proof.programs import ROOT

ERRORS = ("ENOSPC", "EIO", "EACCES")
_ALWAYS = 1_000_000
_TOLD = (0, 8)  # verified after all, or told as a fault of the machine


def missing(python: Path | None) -> str | None:
    """Why it cannot be tried here; None if it can."""
    if python is None:
        return "no Python with mfusepy was named"
    found = subprocess.run([str(python), "-c", "import mfusepy"], capture_output=True, text=True, check=False)
    if found.returncode:
        return "libfuse or mfusepy is missing"
    return None if Path("/dev/fuse").exists() else "the system has no FUSE"


def trials(place: Path, python: Path, count: int, seed: int) -> Iterator[Trial]:
    """So many of all combinations, in random order."""
    before, after = _prepare(place)
    with _mounted(place, python):
        code, lines = fake.run(place, place / "mount" / "out", "--jobs=1")
    if code:
        raise RuntimeError(lines)
    changes = (place / "disk.count").read_text("utf-8").split()
    if not changes:
        raise RuntimeError("the run has changed nothing in the file system that can fail")
    every = [(number, error, times) for number in range(len(changes)) for error in ERRORS for times in (1, _ALWAYS)]
    for number, error, times in random.Random(seed).sample(every, min(count, len(every))):  # noqa: S311
        what = f"{error} at {changes[number]} {number + 1}{' and from then on' if times > 1 else ''}"
        before, after = _prepare(place)
        with _mounted(place, python, "--first", str(number + 1), "--count", str(times), "--error", error):
            code, lines = fake.run(place, place / "mount" / "out", "--jobs=1")
        output = place / "disk" / "out"
        right = {name: (before[name], after[name]) for name in before}
        problems = results.half_done(output, right) + results.lost(output, before)
        problems += [f"it ended with {code}: {lines[-500:]}"] if code not in _TOLD or "Traceback" in lines else []
        code, lines = fake.run(place, output, "--jobs=1")
        problems += [f"the second run ended with {code}: {lines[-300:]}"] if code else []
        yield Trial("disk", what, tuple(problems + results.unfinished(output, after)))


def _prepare(place: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Results of a first edition, and models of a second one; what is right of each."""
    shutil.rmtree(place / "disk", ignore_errors=True)
    kept = place / "kept"
    before = dict(fake.write_models(place / "models", "first edition"))
    if not kept.exists():
        code, lines = fake.run(place, kept / "out", "--jobs=1")
        if code:
            raise RuntimeError(lines)
    shutil.copytree(kept, place / "disk")
    return before, dict(fake.write_models(place / "models", "second edition"))


@contextlib.contextmanager
def _mounted(place: Path, python: Path, *words: str) -> Iterator[None]:
    folder, mount = place / "disk", place / "mount"
    mount.mkdir(exist_ok=True)
    command = [str(python), "-m", "proof.crashes.failing_folder", str(folder), str(mount), *words]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(mount, process)
            yield
        finally:
            subprocess.run(["umount", "--lazy", str(mount)], check=False)
            process.wait(60)


def _wait(mount: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not mount.is_mount():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the file system cannot be mounted")
        time.sleep(0.02)
