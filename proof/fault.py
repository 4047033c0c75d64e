"""What a fault is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from proof.parts import Parts

Fault = Callable[[Parts, np.random.Generator], str]
"""Changes one thing in the parts and returns where, or raises `Nothing`."""


class Nothing(Exception):
    """The model has no place for this fault."""
