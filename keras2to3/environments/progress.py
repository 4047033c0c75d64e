"""What an installer is doing, from the lines that it prints, told now and then."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from typing import Callable, TextIO

from keras2to3.terminal import can_redraw

Say = Callable[[str], None]

_LOG_SECONDS = 15.0
_TERMINAL_SECONDS = 0.5
_MB = 1e6
# uv: `Downloading numpy (15.0MiB)` and `Downloaded numpy`. pip: `Downloading numpy-1.26.4.whl (18.2 MB)`, and for
# `--progress-bar raw` lines as `Progress 4096 of 18200000`.
_ANNOUNCED = re.compile(r"Downloading (?P<name>\S+) \((?P<size>[\d.]+) ?(?P<unit>[kKMG])i?B\)")
_DONE = re.compile(r"Downloaded (?P<name>\S+)$")
_BYTES = re.compile(r"Progress (?P<got>\d+) of (?P<size>\d+)$")
_INSTALLING = re.compile(r"(Installing collected packages|Prepared \d+ packages)\b")
_FACTORS = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}


class Progress:
    """What has been downloaded so far, and what is installed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begin = clock()
        self._sizes: dict[str, float] = {}
        self._got = 0.0  # of the files that are complete
        self._of_file = 0.0  # of the one that is on its way
        self._is_installing = False

    def read(self, line: str) -> bool:
        """Take a line of an installer; whether it is progress alone, and nothing for a log."""
        line = line.strip()
        if found := _BYTES.match(line):
            self._count(float(found["got"]), float(found["size"]))
            return True
        if found := _ANNOUNCED.match(line):
            self._sizes[found["name"]] = float(found["size"]) * _FACTORS[found["unit"]]
        elif found := _DONE.match(line):
            self._got += self._sizes.get(found["name"], 0.0)
        elif _INSTALLING.match(line):
            self._is_installing = True
        return False

    def _count(self, got: float, size: float) -> None:
        self._of_file = got
        if got >= size:
            self._got, self._of_file = self._got + size, 0.0

    def text(self) -> str:
        """What goes on, how much of it is done, and for how long it has gone on."""
        seconds = self._clock() - self._begin
        got = (self._got + self._of_file) / _MB
        if self._is_installing:
            return f"installing the packages ({seconds:.0f} s)"
        if not (self._sizes or got):
            return f"choosing the packages ({seconds:.0f} s)"
        return f"downloading: {got:,.0f} MB so far ({seconds:.0f} s)"


@contextlib.contextmanager
def told(progress: Progress, say: Say, stream: TextIO | None = None) -> Iterator[Say]:
    """While the block runs, tell its progress: on a terminal in one line that is redrawn, otherwise now and then.

    It gives the `say` for the lines that shall stay.
    """
    stream = stream or sys.stderr
    line = _Line(stream) if can_redraw(stream, os.environ) else None
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(_TERMINAL_SECONDS if line else _LOG_SECONDS):
            if line:
                line.draw(f"  {progress.text()}")
            else:
                say(f"  {progress.text()}")

    def say_above(text: str) -> None:
        if line:
            line.clear()
        say(text)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield say_above
    finally:
        ended.set()
        thread.join()
        if line:
            line.clear()


class _Line:
    """The last line of a terminal, redrawn without escape codes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._length = 0
        self._lock = threading.Lock()

    def draw(self, text: str) -> None:
        """Replace the line by this text."""
        with self._lock, contextlib.suppress(OSError):
            self._stream.write(f"\r{text.ljust(self._length)}")
            self._stream.flush()
            self._length = len(text)

    def clear(self) -> None:
        """Remove the line."""
        if self._length:
            self.draw("")
            with self._lock, contextlib.suppress(OSError):
                self._stream.write("\r")
                self._stream.flush()
                self._length = 0
