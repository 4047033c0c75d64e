"""The line that ends a command: how many sources there are of each status, the time, and where to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from interchange.text import counted
from keras2to3.reports.outcome import near
from keras2to3.reports.statuses import in_order


def closing(statuses: Sequence[str], seconds: float, place: Path | str, words: Mapping[str, str] | None = None) -> str:
    """`12 sources: 7 verified, 2 refused, 3 failed (7 s) -> migrated/summary.json`; a text is a URL."""
    counts = Counter(statuses)
    told = ", ".join(f"{counts[status]} {(words or {}).get(status, status)}" for status in in_order(counts))
    where = near(place) if isinstance(place, Path) else place
    return f"{counted(len(statuses), 'source')}: {told} ({spoken(seconds)}) -> {where}"


def spoken(seconds: float) -> str:
    """`7 s`, `2 min 5 s`, `1 h 3 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
