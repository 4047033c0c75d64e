"""A worker as the conductor sees it: a process that answers one request at a time and may die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from interchange.errors import Exit, Failure
from keras2to3 import home

Say = Callable[[str], None]

# What a user's shell may hold and a worker must not see.
_UNWANTED = ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS")
_LOG_LINES = 15
_GRACE_SECONDS = 3.0


class Worker:
    """`python -m <module>` in its own working folder; it starts at once and is asked later."""

    def __init__(self, module: str, python: Path, folder: Path) -> None:
        self.module = module
        self.versions: Mapping[str, str] = {}
        self._python = python
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._answers: IO[str] | None = None
        self._start()

    @property
    def log(self) -> Path:
        """Standard output and error of the process, which are never parsed."""
        return self._folder / "log.txt"

    def ask(self, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
        """Send a request and wait for its result; a worker that died before is started anew.

        Raises `Failure` as the worker reports it, or `WORKER_DIED` with the end of its log.
        """
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None and self._process.stdin is not None and self._answers is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        return self._await(self._answers, say)

    def _await(self, answers: IO[str], say: Say) -> Mapping[str, Any]:
        for line in answers:
            answer = json.loads(line)
            if answer["event"] == "ready":
                self.versions = answer["versions"]
            elif answer["event"] == "progress":
                say(answer["text"])
            elif answer["event"] == "failure":
                raise Failure.from_json(answer["failure"])
            else:
                value: Mapping[str, Any] = answer["value"]
                return value
        raise self._died()

    def close(self) -> None:
        """End the process and everything it started; harmless if it is gone."""
        if self._process is None:
            return
        _signal_group(self._process, signal.SIGTERM)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            _signal_group(self._process, signal.SIGKILL)
            self._process.wait()
        if self._answers is not None:
            self._answers.close()

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        reader, writer = os.pipe()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(self._python), "-m", self.module, "--channel", str(writer)],
                **_isolation(self._folder),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[writer],
                text=True,
            )
        os.close(writer)
        self._answers = os.fdopen(reader, encoding="utf-8")

    def _died(self) -> Failure:
        assert self._process is not None
        code = self._process.wait()
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
        hint = "the end of its log is in error.problems of the report; memory is the usual reason for SIGKILL"
        return Failure(Exit.WORKER_DIED, f"the {self.module} ended {how}", hint, detail={"log": tail})


def _isolation(folder: Path) -> dict[str, Any]:
    """A cleaned environment and a process group of its own: Ctrl-C is the conductor's to handle."""
    environment = {key: value for key, value in os.environ.items() if key not in _UNWANTED}
    environment.update(
        PYTHONPATH=str(home.payload()),
        PYTHONNOUSERSITE="1",
        KERAS_HOME=str(folder / "keras-home"),  # a user's keras.json may change floatx
        CUDA_VISIBLE_DEVICES="-1",
        TF_CPP_MIN_LOG_LEVEL="2",
        TF_ENABLE_ONEDNN_OPTS="0",  # the same kernels on both sides
        TMPDIR=str(folder),
    )
    return {"env": environment, "cwd": folder, "start_new_session": True}


def _signal_group(process: subprocess.Popen[str], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass  # it has ended by itself
