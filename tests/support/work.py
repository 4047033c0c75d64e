"""How much a call does, counted in calls of functions: the same on every machine, unlike seconds."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Work:
    """The number of calls, of Python's functions and of C's, that a block has made so far."""

    calls = 0

    def count(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            self.calls += 1


@contextmanager
def counted() -> Iterator[Work]:
    """Count the calls of this thread within the block."""
    work, before = Work(), sys.getprofile()
    sys.setprofile(work.count)
    try:
        yield work
    finally:
        sys.setprofile(before)


def calls_of(function: Callable[[], object]) -> int:
    """The calls that `function` makes."""
    with counted() as work:
        function()
    return work.calls
