"""What a step between two versions of Keras is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """A move from what the Keras `before` writes to what the Keras `after` reads.

    `rules` returns the table of what differs, and `apply` makes the move; it raises `Failure` where there is no way.
    """

    before: str
    after: str
    rules: Callable[[], Mapping[Any, Any]]
    apply: Callable[..., Any]
