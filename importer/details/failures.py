"""A failure that carries what is known for its page."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Optional

from interchange.errors import Failure
from interchange.messages.details import Details


@contextlib.contextmanager
def telling(known: Callable[[], Optional[Details]]) -> Iterator[None]:
    """Within, a failure carries what is known by then."""
    try:
        yield
    except Failure as failure:
        found = known()
        if found is None or "details" in failure.detail:
            raise
        raise replace(failure, detail={**failure.detail, "details": found.to_json()}) from failure.__cause__
