"""A worker as the conductor sees it: a process that answers one request at a time and may die."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from interchange.errors import Exit, Failure
from keras2to3 import home

Say = Callable[[str], None]

# What a user's shell may hold and a worker must not see.
_UNWANTED = ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS")
_LOG_LINES = 15
_LOG_BYTES = 16_384
_GRACE_SECONDS = 3.0


class Worker:
    """`python -m <module>` in its own working folder; it starts at once and is asked later.

    One thread asks; `stop` may come from another, and is for good.
    """

    def __init__(self, module: str, python: Path, folder: Path) -> None:
        self.module = module
        self.versions: Mapping[str, str] = {}
        self._python = python
        self._folder = folder
        self._lock = threading.Lock()  # no process starts after `stop`
        self._stopped = False
        self._unusable: Failure | None = None
        self._process, self._answers = self._start()

    @property
    def log(self) -> Path:
        """Standard output and error of the process, which are never parsed."""
        return self._folder / "log.txt"

    def ask(self, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
        """Send a request and wait for its result; a worker that died before is started anew.

        Raises `Failure` as the worker reports it, `WORKER_DIED` with the end of its log, or `ENVIRONMENT` if it
        never came up.
        """
        if self._unusable:
            raise self._unusable
        if self._process.poll() is not None:
            self._restart()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        return self._await(say)

    def _await(self, say: Say) -> Mapping[str, Any]:
        for line in self._answers:
            if not line.endswith("\n"):
                break  # it died in the middle of a word
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

    def stop(self) -> None:
        """End the process, whatever it is at; who waits for its answer gets a failure."""
        with self._lock:
            self._stopped = True
            self._end()

    def close(self) -> None:
        """Stop, and let go of the pipes; nobody may be asking any more."""
        self.stop()
        self._release()

    def _restart(self) -> None:
        with self._lock:
            if self._stopped:
                raise _interrupted()
            self._release()
            self._process, self._answers = self._start()

    def _start(self) -> tuple[subprocess.Popen[str], IO[str]]:
        reader, writer = os.pipe()
        answers = os.fdopen(reader, encoding="utf-8")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self.log.open("wb") as log:
                process = subprocess.Popen(
                    [str(self._python), "-m", self.module, "--channel", str(writer)],
                    **_isolation(self._folder),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[writer],
                    text=True,
                )
        except OSError as error:
            answers.close()
            message = f"the {self.module} cannot be started with {self._python}: {error}"
            hint = "give the path of a python that exists, and an output folder that can be written"
            raise Failure(Exit.ENVIRONMENT, message, hint) from error
        finally:
            os.close(writer)
        return process, answers

    def _end(self) -> None:
        """Ask the process and all it started to leave, then insist."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_GRACE_SECONDS)

    def _release(self) -> None:
        self._answers.close()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # a request that was never sent
            self._process.stdin.close()

    def _died(self) -> Failure:
        """What to tell of a process that left without an answer."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_SECONDS)
        self._end()
        if self._stopped:
            return _interrupted()
        code, detail = self._process.returncode, {"log": self._end_of_log()}
        if code > 0 and not self.versions:
            message = f"the {self.module} does not start with {self._python}: it left with exit code {code}"
            hint = "error.log in the report says why; the environment lacks something or does not fit this machine"
            self._unusable = Failure(Exit.ENVIRONMENT, message, hint, detail=detail)
            return self._unusable
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        hint = "error.log in the report is the end of its log; too little memory is the usual reason for SIGKILL"
        return Failure(
            Exit.WORKER_DIED, f"the {self.module} died {how} while it worked on this model", hint, (), detail
        )

    def _end_of_log(self) -> str:
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _LOG_BYTES))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-_LOG_LINES:])
        return ""


def _interrupted() -> Failure:
    return Failure(Exit.INTERRUPTED, "interrupted")


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
