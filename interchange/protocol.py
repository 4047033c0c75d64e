"""JSON lines between the command and a worker.

The command writes one request a line to the worker's standard input:

    {"op": "export", ...arguments...}

The worker answers on a pipe of its own (`--channel FD`), never on standard output, where TensorFlow writes:

    {"event": "box", "held": {...}, "missing": {...}}       once, by its launcher: the restrictions
    {"event": "ready", "versions": {...}}                   once, when it can take work
    {"event": "progress", "text": "..."}                    any number of times
    {"event": "result", "value": {...}}                     exactly one of these three for each request
    {"event": "failure", "failure": {code, message, hint, problems, detail}}
    {"event": "error", "text": "...", "log": "..."}         a defect of ours, with the end of its traceback

`interchange.messages` has what requests and results hold. `keras2to3.executors.answers` refuses every other answer, so
a worker shortens its own to the limits.

At the end of its input a worker leaves. The end of the pipe without an answer means that the worker crashed. A pipe
that nobody reads any more means that the command is gone, and ends the worker, even at work.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import math
import os
import platform
import select
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, TextIO

from interchange.errors import Exit, Failure, failure_of
from interchange.messages.limits import LONGEST_TEXT

LONGEST_PROGRESS = 2_000
"""Characters of a step that is told."""

MOST_PROBLEMS = 1_000
"""Rows of a failure; whoever has mended so many asks again."""

_DEPTH = 40  # of what an answer holds
_MOST_BITS = 8_192  # of a whole number: Python writes none of many thousand digits

Say = Callable[[str], None]
Handler = Callable[[Mapping[str, Any], Say], Mapping[str, Any]]
Fit = Callable[[Any], Any]


class Channel:
    """The worker's end of the answer pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, event: str, **facts: Any) -> None:
        """Write one event as a line and flush it; end this process if nobody reads any more."""
        try:
            self._stream.write(json.dumps({"event": event, **facts}, allow_nan=False) + "\n")
            self._stream.flush()
        except BrokenPipeError:
            _leave()

    def say(self, text: str) -> None:
        """Report progress in one short line."""
        self.send("progress", text=text[:LONGEST_PROGRESS])


def run_worker(
    prepare: Callable[[], Mapping[str, str]], handlers: Mapping[str, Handler], fit: Fit | None = None
) -> None:
    """Be a worker: `prepare` imports the framework and returns its versions, then requests are served.

    What handlers return is sent as `fit` makes it: JSON without NaN, and by default as `fitted` does.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channel", type=int, required=True, metavar="FD", help="file descriptor for answers")
    descriptor = parser.parse_args().channel
    # A copy of the descriptor: it stays open until the process ends, however this function does.
    threading.Thread(target=_leave_when_unread, args=(os.dup(descriptor),), name="watch", daemon=True).start()
    channel = Channel(os.fdopen(descriptor, "w", encoding="utf-8"))
    channel.send("ready", versions=_prepared(prepare))
    serve(sys.stdin, channel, handlers, fit or fitted)


def _prepared(prepare: Callable[[], Mapping[str, str]]) -> dict[str, str]:
    """What `prepare` returns; what it imports lives as long as the process, so garbage is never looked for in it."""
    gc.disable()
    found = dict(prepare())
    gc.freeze()
    gc.enable()
    return found


def versions(*modules: str) -> dict[str, str]:
    """Import modules by name; returns their versions and that of Python."""
    found = {name: str(importlib.import_module(name).__version__) for name in modules}
    return {"python": platform.python_version(), **found}


def _leave_when_unread(descriptor: int) -> None:
    """End this process once nobody holds the other end: a command that was killed cannot stop its workers."""
    watch = select.poll()
    watch.register(descriptor, 0)  # errors are always told: this is one
    watch.poll()
    _leave()


def _leave() -> NoReturn:
    """At once: whatever else this process could still do, nobody would learn of it."""
    os._exit(int(Exit.WORKER_DIED))


def serve(requests: TextIO, channel: Channel, handlers: Mapping[str, Handler], fit: Fit) -> None:
    """Answer every request line until the input ends; a failure is an answer, not an exit."""
    for line in requests:
        request = json.loads(line)
        try:
            value = handlers[request["op"]](request, channel.say)
        except Exception as error:  # noqa: BLE001  (the boundary of the process: whatever is raised is an answer)
            failure = failure_of(error, Path(request["source"]) if "source" in request else None)
            if failure is not error:
                with contextlib.suppress(OSError):  # a disk that is full has no room for the log either
                    traceback.print_exc()
            _send_failure(channel, failure)
        else:
            channel.send("result", value=fit(dict(value)))


def _send_failure(channel: Channel, failure: Failure) -> None:
    """A defect is no failure of a model: only the command reports it, with a code that no worker may claim."""
    if failure.code is Exit.INTERNAL:
        channel.send("error", text=fitted(failure.message), log=fitted(failure.detail.get("log", "")))
    else:
        few = replace(failure, problems=failure.problems[:MOST_PROBLEMS])
        channel.send("failure", failure=fitted(few.to_json()))


def fitted(value: Any, depth: int = _DEPTH) -> Any:
    """A value as an answer may hold it: JSON without NaN, and no text, number or depth beyond what is allowed."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else f"{value[: LONGEST_TEXT - 1]}…"
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, int):
        return value if value is None or value.bit_length() <= _MOST_BITS else f"a number of {value.bit_length()} bits"
    if depth and isinstance(value, Mapping):
        return {fitted(str(key)): fitted(item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, (list, tuple)):
        return [fitted(item, depth - 1) for item in value]
    return fitted(repr(value)) if depth else "…"
