"""Signals that ask the command to stop: Ctrl-C, a closed terminal and `kill` all become a KeyboardInterrupt."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

# Windows has no SIGHUP.
_REQUESTS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def install_handlers() -> None:
    """Make every signal to stop raise KeyboardInterrupt, except signals that are ignored, as under nohup."""
    for number in _REQUESTS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


@contextlib.contextmanager
def postponed() -> Iterator[None]:
    """A signal to stop takes effect only after the block, which must be short.

    It reaches the main thread alone, so elsewhere there is nothing to postpone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (the signature of a handler)
        received.append(number)

    heard = [number for number in _REQUESTS if callable(signal.getsignal(number))]
    handlers = {number: signal.signal(number, remember) for number in heard}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt
