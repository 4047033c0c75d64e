"""How much a file may declare for what it stores."""

from __future__ import annotations

# Nothing of a Keras file is compressed; one that was repacked shrinks by a few times. What lies beyond is a bomb.
ALLOWANCE = 64 << 20
RATIO = 64


def is_plausible(declared: int, stored: int) -> bool:
    """Whether `declared` bytes can honestly come from `stored` bytes."""
    return declared <= ALLOWANCE + RATIO * stored
