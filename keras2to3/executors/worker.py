"""A worker: a sandboxed process that answers one request at a time, and that may die at any time."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from interchange.errors import REPORT_IT, Exit, Failure
from interchange.messages.message import Message
from keras2to3 import install_paths
from keras2to3 import sandbox as boxes
from keras2to3.executors import machine, worker_death, worker_environment
from keras2to3.executors.channel import Channel, NonsenseError
from keras2to3.executors.worker_log import WorkerLog
from keras2to3.results.deletion import remove
from keras2to3.sandbox import SandboxSpec, missing_restrictions
from keras2to3.sandbox.watchdog import Watchdog

if TYPE_CHECKING:
    from interchange.messages.request import Request

Say = Callable[[str], None]
R = TypeVar("R", bound=Message)

HOSTILE = "a hostile model may have taken it over: use no result of this file; if you trust who made it, report this"
_CODE = ("exporter", "importer", "interchange", "bytecode", "translation")
_GRACE_SECONDS = 3.0
_STARTING_SECONDS = 300.0  # to import TensorFlow from a slow disk, not yet compiled; no model is met before
_MOST_STEPS = 1_000  # told of one model


class Worker:
    """`python -m <module>` in a sandbox and a folder of its own. The process starts at once.

    One thread sends requests; another one may call `stop`, after which no process starts. Restrictions that the sandbox
    lacks are passed to `warn`, once. `path` are folders and archives that the process imports from besides our own; it
    may read those that `box` lists.
    """

    def __init__(
        self, module: str, python: Path, folder: Path, box: SandboxSpec, warn: Say, path: Sequence[str] = ()
    ) -> None:
        self.module = module
        self.versions: Mapping[str, str] = {}
        self.sandbox: Mapping[str, Any] = {}  # what it is held by, and what is missing, as a report has it
        self._python = python
        self._folder = folder
        self._box = box
        self._warn = warn
        self._path = (str(install_paths.payload()), *path)
        self.waited = 0.0  # seconds that the last request has waited for the process to come up
        self._starts = 0
        self._lock = threading.Lock()  # no process starts after `stop`
        self._stopped = False
        self.log = WorkerLog(folder / "log.txt")
        self._unusable: Failure | None = None
        self._process, self._channel = self._start()

    @property
    def _own(self) -> Path:
        """The home folder of the process."""
        return self._folder / str(self._starts)

    def ask(self, request: Mapping[str, Any], say: Say, seconds: float | None = None) -> Mapping[str, Any]:
        """Send a request and wait for its result; a process that died before is started again first.

        It may take `seconds`, or as long as its sandbox allows.

        Raises `Failure` as the worker reports it, `WORKER_DIED` with the end of its log if it died or took too long,
        or `ENVIRONMENT` if it never came up or its sandbox lacks a restriction.
        """
        if self._unusable:
            raise self._unusable
        if self._process.poll() is not None or self._box.is_spent(self._process.pid) or not self._is_silent():
            self._restart()
        asked = time.monotonic()
        if not self._ready:
            self._await_start()
        self.waited = time.monotonic() - asked
        seconds = seconds or self._box.seconds
        deadline = time.monotonic() + seconds
        self._watch.begin()
        try:
            with self._telling(seconds):
                self._channel.send(request, deadline)
                return self._await(request["op"], say, deadline)
        finally:
            self._tell_log()

    def _tell_log(self) -> None:
        self.log.tell(f"{self.module}[{self._process.pid}]")

    def call(self, request: Request[R], say: Say) -> R:
        """Send a request and wait for its result, as `ask` does."""
        return request.read(self.ask(request.to_json(), say))

    def _await_start(self) -> None:
        """Wait for the launcher, and then for the worker; the time for a request begins after that.

        Raises `ENVIRONMENT` if the sandbox lacks a required restriction: such a worker gets no model.
        """
        deadline = time.monotonic() + _STARTING_SECONDS
        with self._telling(_STARTING_SECONDS):
            told = self._channel.receive("box", deadline=deadline)
            self._judge(told)
            self.versions = self._channel.receive("ready", deadline=deadline)["versions"]
        self._ready = True

    def _judge(self, told: Mapping[str, Any]) -> None:
        missing = {**boxes.missing(told), **self._watch.missing}
        if failure := missing_restrictions.refusal(self.module, missing, self._box.allow_missing):
            self._unusable = failure
            self._end()
            raise failure
        if not self.sandbox:
            for text in missing_restrictions.warnings(self.module, missing, told["not_granted"]):
                self._warn(f"warning: {text}")
        reasons = {"box_missing": missing, "box_not_granted": told["not_granted"]}
        held = {**told["held"], **self._watch.in_force}
        self.sandbox = {"box": held, **{key: facts for key, facts in reasons.items() if facts}}

    def _await(self, op: str, say: Say, deadline: float) -> Mapping[str, Any]:
        for _ in range(_MOST_STEPS):
            answer = self._channel.receive("progress", "failure", "error", "result", deadline=deadline, op=op)
            if answer["event"] == "progress":
                say(answer["text"])
            elif answer["event"] == "failure":
                raise Failure.from_json(answer["failure"])
            elif answer["event"] == "error":
                raise Failure(Exit.INTERNAL, answer["text"], REPORT_IT, detail={"log": answer["log"]})
            else:
                value: Mapping[str, Any] = answer["value"]
                return value
        raise NonsenseError

    def _is_silent(self) -> bool:
        """Whether a worker that is ready has sent nothing without a request; one that is starting is read later."""
        return not self._ready or self._channel.is_quiet

    @contextlib.contextmanager
    def _telling(self, seconds: float) -> Iterator[None]:
        """End the process and raise a `Failure` if it leaves, takes too long or sends an invalid answer."""
        try:
            yield
        except (EOFError, BrokenPipeError):
            raise self._died() from None
        except TimeoutError:
            raise self._died((f"was stopped after {seconds:g} s", worker_death.MORE_TIME)) from None
        except NonsenseError:
            raise self.distrusted("answered nonsense") from None

    def distrusted(self, what: str) -> Failure:
        """End a process that has done `what` no worker of ours does; the next model gets a new one."""
        return self._died((f"was stopped because it {what}", HOSTILE))

    def memory(self) -> Mapping[str, float]:
        """MiB that the process fills now and has filled at most, see `machine.memory_of`."""
        return machine.memory_of(self._process.pid)

    def stop(self) -> None:
        """End the process; whoever waits for its answer gets a failure."""
        with self._lock:
            self._stopped = True
            self._end()

    def close(self) -> None:
        """Stop, and close the pipes; no request may be waiting for its result any more."""
        self.stop()
        self._tell_log()
        self._channel.close()

    def _restart(self) -> None:
        with self._lock:
            if self._stopped:
                raise _interrupted()
            self._end()
            self._tell_log()
            self._channel.close()
            remove(self._own)
            self._process, self._channel = self._start()

    def _start(self) -> tuple[subprocess.Popen[bytes], Channel]:
        self._ready = False
        self._starts += 1
        reader, writer = os.pipe()
        folder = self._own  # whatever the one before has left, this one does not find
        try:
            for place in (folder, *map(Path, self._box.write)):
                place.mkdir(parents=True, exist_ok=True)
            with self.log.begin() as log, self._boxed(folder).to_file() as spec:
                process = subprocess.Popen(
                    [str(self._python), "-I", str(boxes.LAUNCHER), str(spec.fileno()), str(writer), self.module],
                    **worker_environment.isolation(folder, self._path),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[writer, spec.fileno()],
                    bufsize=0,
                )
        except OSError as error:
            os.close(reader)
            message = f"the {self.module} cannot be started with {self._python}: {error}"
            hint = "give the path of a python that exists, and an output folder that can be written"
            raise Failure(Exit.ENVIRONMENT, message, hint) from error
        finally:
            os.close(writer)
        assert process.stdin is not None
        self._watch = Watchdog(process, self._box, (*self._box.write, str(folder)))
        return process, Channel(process.stdin, reader)

    def _boxed(self, folder: Path) -> SandboxSpec:
        code = (os.path.realpath(install_paths.payload() / name) for name in _CODE)
        return dataclasses.replace(self._box, read=(*self._box.read, *code), write=(*self._box.write, str(folder)))

    def _end(self) -> None:
        """Terminate the process and all that it started, and kill what is left of them."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_GRACE_SECONDS)
        self._watch.end()

    def _died(self, cause: tuple[str, str] | None = None) -> Failure:
        """The failure of a process that left without an answer, or that is stopped now for a `cause`."""
        if cause is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE_SECONDS)
        self._end()
        if self._stopped:
            return _interrupted()
        code, detail = self._process.returncode, {"log": self.log.end()}
        if cause is None and (full := worker_death.full_disk(self._folder)):
            hint = "free some space, or choose another place with --output-dir"
            return Failure(Exit.ENVIRONMENT, f"the {self.module} could not go on: {full}", hint, detail=detail)
        if code > 0 and not self._ready:
            message = f"the {self.module} does not start with {self._python}: it left with exit code {code}"
            hint = "error.log in the report says why; the environment lacks something, or --memory is too little"
            self._unusable = Failure(Exit.ENVIRONMENT, message, hint, detail=detail)
            return self._unusable
        what, hint = cause or self._watch.cause or worker_death.how(code, self._box.cpu_seconds)
        return Failure(Exit.WORKER_DIED, f"the {self.module} {what} while it worked on this model", hint, (), detail)


def _interrupted() -> Failure:
    return Failure(Exit.INTERRUPTED, "interrupted")
