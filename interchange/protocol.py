"""JSON lines between the conductor and a worker.

The conductor writes one request a line to the worker's standard input:

    {"op": "export", ...arguments...}

The worker answers on a pipe of its own (`--channel FD`), never on standard output, where TensorFlow writes:

    {"event": "ready", "versions": {...}}                   once, when it can take work
    {"event": "progress", "text": "..."}                    any number of times
    {"event": "result", "value": {...}}                     exactly one of these two for each request
    {"event": "failure", "failure": {code, message, hint, problems, detail}}

End of input tells the worker to leave. End of the pipe without an answer tells the conductor that it crashed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from interchange.errors import Exit, Failure

Say = Callable[[str], None]
Handler = Callable[[Mapping[str, Any], Say], Mapping[str, Any]]


class Channel:
    """The worker's end of the answer pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, event: str, **facts: Any) -> None:
        """Write one event as a line and flush it."""
        self._stream.write(json.dumps({"event": event, **facts}) + "\n")
        self._stream.flush()

    def say(self, text: str) -> None:
        """Report progress in one short line."""
        self.send("progress", text=text)


def run_worker(prepare: Callable[[], Mapping[str, str]], handlers: Mapping[str, Handler]) -> None:
    """Be a worker: `prepare` imports the framework and returns its versions, then requests are served."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channel", type=int, required=True, metavar="FD", help="file descriptor for answers")
    channel = Channel(os.fdopen(parser.parse_args().channel, "w", encoding="utf-8"))
    channel.send("ready", versions=dict(prepare()))
    serve(sys.stdin, channel, handlers)


def serve(requests: TextIO, channel: Channel, handlers: Mapping[str, Handler]) -> None:
    """Answer every request line until the input ends; an expected failure is an answer, not an exit."""
    for line in requests:
        request = json.loads(line)
        try:
            value = handlers[request["op"]](request, channel.say)
        except Failure as failure:
            channel.send("failure", failure=failure.to_json())
        except Exception as error:  # the boundary of the process: anything else is our defect, said as such
            traceback.print_exc()
            channel.send("failure", failure=_internal(error).to_json())
        else:
            channel.send("result", value=dict(value))


def _internal(error: Exception) -> Failure:
    text = f"{type(error).__name__}: {error}".strip()
    return Failure(Exit.INTERNAL, f"internal error: {text[:2000]}", "please report it with the log named in the report")
