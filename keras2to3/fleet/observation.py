"""What programs that watch a run with shards read: `--log-json` and `--metrics`."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interchange.errors import Exit
from keras2to3.ci.placing import put_in_place
from keras2to3.fleet.layout import Plan
from keras2to3.fleet.merge import Merged, Totals

_HELP = {
    "models": "Models of the shards that are done, by what they came to.",
    "models_quarantined": "Models that are left out: they have cost their machine, or do not fit on its disk.",
    "shards": "Shards by whether they are done, have failed, or are left.",
    "shard_seconds": "Seconds that the shards took that are done, all together.",
    "updated_seconds": "When this was written, in seconds since 1970.",
}
_OF_RECORD = ("exit_code", "counts", "quarantined", "seconds")

Warn = Callable[[str], None]


@dataclass
class Observation:
    """The shards of a run so far, or with `number` that shard alone. What cannot be written costs a warning.

    `log` gets a line of JSON for each shard that ends, and `metrics` is written anew each time, in the text format of
    Prometheus.
    """

    plan: Plan
    log: Path | None
    metrics: Path | None
    warn: Warn
    number: int | None = None
    totals: Totals = field(default_factory=Totals)
    shards: Counter[str] = field(default_factory=Counter)
    _warned: set[Path] = field(default_factory=set)

    @property
    def is_wanted(self) -> bool:
        """Whether anything is to be written."""
        return self.log is not None or self.metrics is not None

    def count(self, record: Mapping[str, Any]) -> None:
        """Count a shard that is done, now or by an earlier command."""
        self.shards["done"] += 1
        self.totals.add(record)

    def ended(self, number: int, record: Mapping[str, Any] | None, error: str = "") -> None:
        """A shard has ended; without a record it has failed."""
        if record is None:
            self.shards["failed"] += 1
            facts: dict[str, Any] = {"exit_code": int(Exit.ENVIRONMENT), "error": error}
        else:
            self.count(record)
            facts = {name: record[name] for name in _OF_RECORD}
        self._tell("shard", {"shard": number, **facts})

    def merged(self, merged: Merged) -> None:
        """All shards are merged."""
        self.totals, self.shards = merged, Counter(done=len(self.plan.shards))
        facts = {"exit_code": int(merged.exit_code), "counts": dict(merged.counts), "quarantined": merged.quarantined}
        self._tell("merge", {**facts, "seconds": round(merged.seconds, 3)})

    def write_metrics(self) -> None:
        """Write the file of metrics, if there is to be one."""
        if self.metrics is not None:
            self._write(self.metrics, lambda path: put_in_place("".join(self._lines()).encode("ascii"), path))

    def _tell(self, event: str, facts: Mapping[str, Any]) -> None:
        self.write_metrics()
        if self.log is None:
            return
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        known = {"time": when, "event": event, "run": self.plan.run, "shards": len(self.plan.shards)}
        line = json.dumps({**known, **facts}, allow_nan=False) + "\n"
        self._write(self.log, lambda path: _append(path, line))

    def _write(self, path: Path, write: Callable[[Path], None]) -> None:
        try:
            write(path)
        except OSError as error:
            if path not in self._warned:
                self._warned.add(path)
                self.warn(f"warning: {path} cannot be written: {error.strerror or error}; the run goes on without it")

    def _lines(self) -> Iterator[str]:
        labels = {"run": self.plan.run, "verb": self.plan.verb}
        if self.number is not None:
            labels["shard"] = str(self.number)
        whole = 1 if self.number is not None else len(self.plan.shards)
        done, failed = self.shards["done"], self.shards["failed"]
        states = {"done": done, "failed": failed, "left": max(0, whole - done - failed)}
        yield from _metric("models", labels, "status", dict(sorted(self.totals.counts.items())))
        yield from _metric("models_quarantined", labels, None, {"": self.totals.quarantined})
        yield from _metric("shards", labels, "state", states)
        yield from _metric("shard_seconds", labels, None, {"": round(self.totals.seconds, 3)})
        yield from _metric("updated_seconds", labels, None, {"": int(time.time())})


def _metric(name: str, labels: Mapping[str, str], by: str | None, values: Mapping[str, float]) -> Iterator[str]:
    """The lines of a gauge, with a value for each value of the label `by`. No label has a sign to be escaped."""
    yield f"# HELP keras2to3_{name} {_HELP[name]}\n# TYPE keras2to3_{name} gauge\n"
    for key, value in values.items():
        all_labels = {**labels, by: key} if by else labels
        text = ",".join(f'{label}="{worth}"' for label, worth in all_labels.items())
        yield f"keras2to3_{name}{{{text}}} {value}\n"


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(line.encode("ascii"))
