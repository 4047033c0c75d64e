"""The command's end of the two pipes to a worker: it writes and reads lines, each before a deadline."""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import time
from collections.abc import Mapping
from typing import IO, Any

from keras2to3.executors import answers

_BLOCK = 1 << 16
_MOST_LINES = 2  # of the longest kind that a request may have for an answer, all of it taken together
_LONGEST_WAIT = 1 << 30  # milliseconds, more than which the system does not count


class NonsenseError(Exception):
    """The worker has answered what no worker of ours does; a model may have taken it over."""


class Channel:
    """Requests go to `requests`, answers come from the descriptor `answers`; both end with `close`.

    A `deadline` is on `time.monotonic`'s clock, and infinity is none; TimeoutError is raised when it has passed.
    """

    def __init__(self, requests: IO[bytes], answers: int) -> None:
        self._requests, self._answers = requests, os.fdopen(answers, "rb", 0)
        self._rest = b""  # what came behind the last line
        self._read = 0  # bytes since the last request
        os.set_blocking(requests.fileno(), False)

    def send(self, request: Mapping[str, Any], deadline: float = math.inf) -> None:
        """Write a request. Raises BrokenPipeError if nobody reads any more, and TimeoutError."""
        self._read = 0
        left = memoryview(json.dumps(request).encode("ascii") + b"\n")
        while left:
            _wait(self._requests, select.POLLOUT, deadline)
            left = left[os.write(self._requests.fileno(), left[: select.PIPE_BUF]) :]

    def receive(self, *events: str, deadline: float = math.inf, op: str = "") -> Mapping[str, Any]:
        """The next answer, which must be one of `events`, and a result one of `op`.

        Raises EOFError if the worker has closed its end, NonsenseError for anything else than what it may say now,
        and TimeoutError.
        """
        answer = answers.read(self._line(deadline, answers.longest(op)), op)
        if answer is None or answer["event"] not in events:
            raise NonsenseError
        return answer

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing left to read; a worker answers nothing that it was not asked."""
        watch = select.poll()
        watch.register(self._answers, select.POLLIN)
        return not self._rest and not watch.poll(0)

    def _line(self, deadline: float, longest: int) -> bytes:
        parts, size = [self._rest], len(self._rest)
        while b"\n" not in parts[-1]:
            if size > longest or self._read > _MOST_LINES * longest:
                raise NonsenseError
            _wait(self._answers, select.POLLIN, deadline)
            block = self._answers.read(_BLOCK)
            if not block:
                raise EOFError
            parts.append(block)
            size += len(block)
            self._read += len(block)
        last, _, self._rest = parts.pop().partition(b"\n")
        return b"".join([*parts, last])

    def close(self) -> None:
        """Let go of both ends."""
        self._answers.close()
        with contextlib.suppress(BrokenPipeError):  # a request that was never sent
            self._requests.close()


def _wait(end: IO[bytes], event: int, deadline: float) -> None:
    """Wait until something can be written or read, or the other end is closed."""
    watch = select.poll()
    watch.register(end, event)
    while (left := deadline - time.monotonic()) > 0:
        if watch.poll(min(left * 1000 + 1, _LONGEST_WAIT)):
            return
    raise TimeoutError
