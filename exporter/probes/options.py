"""What the user asks of the probes: samples of their own beside ours, and how much computing all of them are worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Asked:
    """`samples` is an NPZ file with inputs to probe besides, or with `only` instead of ours.

    `budget` are the seconds of computing that probes may take.
    """

    samples: Path | None = None
    budget: float = math.inf
    only: bool = False

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Asked:
        """As a request says it: {inputs, inputs_only, budget}."""
        samples, budget = request.get("inputs"), request.get("budget")
        only = bool(request.get("inputs_only"))
        return cls(samples and Path(samples), math.inf if budget is None else budget, only)
