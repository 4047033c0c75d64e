"""Results in their order while the next ones are computed: one side waits for another process, the other goes on."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST = 8


def ahead(
    function: Callable[[Item], Result], items: Iterable[Item], stop: Callable[[], None], most: int = _MOST
) -> Iterator[Result]:
    """What `function` makes of each item, computed by one thread that is at most `most` items ahead.

    What it raises is raised here. Where nobody wants the rest, `stop` has to end the call that is under way.
    """
    left = iter(items)
    with ThreadPoolExecutor(1, "ahead") as thread:
        pending = deque(thread.submit(function, item) for item in itertools.islice(left, most))
        try:
            while pending:
                result = pending.popleft().result()
                pending.extend(thread.submit(function, item) for item in itertools.islice(left, 1))
                yield result
        finally:
            for future in pending:
                future.cancel()
            if pending:
                stop()
