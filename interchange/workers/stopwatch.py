"""Where the time of a model goes, stage by stage."""

from __future__ import annotations

import time


class Stopwatch:
    """Seconds by stage: `lap` ends one, and the next begins."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = time.monotonic()

    def lap(self, stage: str) -> None:
        """Give the time since the last call, or since the beginning, to `stage`."""
        now = time.monotonic()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self._begun, 3)
        self._begun = now
