"""The command, the scan and both workers are killed: where they tell of a step, and at any other time."""

from __future__ import annotations

import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from proof.crashes import results
from proof.crashes.results import Trial
from proof.programs import ROOT
from tests.support.paths import MODELS
from tests.support.processes import are_gone, workers_of

_COMMAND = "command"
_NAMES = {"keras2to3.scanner.process": "scan"}
_EXPECTED = (0, 9, -signal.SIGKILL)
_PATIENCE = 300
_GONE_SECONDS = 20


class Kills:
    """Runs of the command over models of Keras 2 in which processes are killed."""

    def __init__(self, place: Path, pythons: tuple[Path, Path], seed: int) -> None:
        self._place, self._pythons, self._chance = place, pythons, random.Random(seed)  # noqa: S311
        self._output = place / "out"
        self._right = self._prepare()

    def _prepare(self) -> Mapping[str, bytes]:
        shutil.rmtree(self._place, ignore_errors=True)
        folder = self._place / "models"
        folder.mkdir(parents=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(
            [self._pythons[0], MODELS / "basic.py", folder], env=environment, check=True, capture_output=True
        )
        with self._start(self._place / "right") as process:
            lines, _ = process.communicate()
        found = results.models(self._place / "right")
        if not found:
            raise RuntimeError(lines)
        for path in folder.iterdir():
            if path.suffix != ".h5" or path.stem not in found:
                path.unlink()  # it is refused, and kills are about what is verified
        return found

    def _start(self, output: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "keras2to3", "migrate", "models", "--root", "models", "--no-html"]
        command += ["--output-dir", str(output), "--timeout", "120"]
        command += [
            part for number, python in zip((2, 3), self._pythons) for part in (f"--keras{number}-python", str(python))
        ]
        return subprocess.Popen(
            command,
            cwd=self._place,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def trials(self, count: int) -> Iterator[Trial]:
        """So many kills; those of one run are told together with what is wrong after it."""
        done = 0
        while done < count:
            if self._chance.random() < 0.5:
                shutil.rmtree(self._output, ignore_errors=True)
            before = results.models(self._output)
            for name in self._chance.sample(sorted(before), len(before) // 2):
                (self._place / "models" / f"{name}.h5").touch()
            killed, problems = self._run()
            right = {name: (content,) for name, content in self._right.items()}
            problems += results.half_done(self._output, right) + results.lost(self._output, before)
            problems += self._again()
            done += len(killed)
            for number, what in enumerate(killed):
                yield Trial("kill", what, tuple(problems) if number == 0 else ())

    def _run(self) -> tuple[list[str], list[str]]:
        """What was killed when, and what was wrong in the run itself."""
        killed: list[str] = []
        with self._start(self._output) as process:
            lines: queue.Queue[str | None] = queue.Queue()
            told: list[str] = []
            reader = threading.Thread(target=_read, args=(process, lines, told))
            reader.start()
            workers: set[int] = set()
            while process.poll() is None and len(killed) < 12:
                when = self._moment(lines)
                found = workers_of(process.pid)
                workers.update(found.values())
                if when is None or not found or process.poll() is not None:
                    continue
                who = _COMMAND if self._chance.random() < 0.15 else self._chance.choice(sorted(found))
                _kill(process.pid if who == _COMMAND else found[who])
                killed.append(f"{_NAMES.get(who, who)} {when}")
            workers.update(workers_of(process.pid).values())
            process.wait(_PATIENCE)
            reader.join()
        problems = [f"it ended with {process.returncode}"] if process.returncode not in _EXPECTED else []
        problems += ["it printed a traceback"] if any("Traceback" in line for line in told) else []
        return killed, problems + [
            f"process {pid} is still there" for pid in workers if not are_gone([pid], _GONE_SECONDS)
        ]

    def _moment(self, lines: queue.Queue[str | None]) -> str | None:
        """Wait for the next time to kill: after a line that tells of a step, or at random. None if there is none."""
        try:
            line = lines.get(timeout=self._chance.uniform(0.05, 3))
        except queue.Empty:
            return "at random"
        if line is None or self._chance.random() > 0.15:
            return None
        return f"after {_step(line)!r}"

    def _again(self) -> list[str]:
        with self._start(self._output) as process:
            lines, _ = process.communicate(timeout=_PATIENCE)
        problems = [f"the second run ended with {process.returncode}: {lines[-300:]}"] if process.returncode else []
        return problems + results.unfinished(self._output, self._right)


def _step(line: str) -> str:
    """A line without the name of its model and without numbers."""
    text = line.rpartition(": ")[2] if ": " in line else line.split(" ")[0]
    return " ".join(word for word in text.split() if word.isalpha())[:40]


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None], told: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        told.append(line)
        lines.put(line.strip())
    lines.put(None)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
