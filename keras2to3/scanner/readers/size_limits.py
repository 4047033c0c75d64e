"""How much a file may declare for what it stores."""

from __future__ import annotations

# Keras compresses nothing, and repacking makes a file a few times smaller. Beyond that it is a decompression bomb.
ALLOWANCE = 64 << 20
RATIO = 64


def is_plausible(declared: int, stored: int) -> bool:
    """Whether `declared` bytes can plausibly come from `stored` bytes."""
    return declared <= ALLOWANCE + RATIO * stored
