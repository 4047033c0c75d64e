"""What the user is told while shards are run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from interchange.errors import Exit, Failure
from keras2to3.fleet import layout
from keras2to3.fleet.layout import Plan
from keras2to3.fleet.merge import missing
from keras2to3.fleet.observation import Observation
from keras2to3.fleet.shard import record_of
from keras2to3.fleet.stores.store import Store
from keras2to3.reports.console import Lines


@dataclass
class Progress:
    """What the user is told while shards are run elsewhere."""

    store: Store
    plan: Plan
    show: Lines
    observation: Observation
    begun: float = field(default_factory=time.monotonic)
    earlier: int = 0
    finished: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)

    def tell_done(self, left: Collection[int]) -> None:
        """Say how many shards an earlier run has done, which are all but those that are left."""
        done = [number for number in range(len(self.plan.shards)) if number not in left]
        self.earlier = len(done)
        if done:
            self.show.say(f"{len(done)} of {len(self.plan.shards)} shards are done already")
        for number in done if self.observation.is_wanted else ():
            if (record := record_of(self.store, self.plan, number)) is not None:
                self.observation.count(record)
        self.observation.write_metrics()

    def done(self, number: int, log: str) -> None:
        """A shard has ended; without a record it has failed."""
        record = record_of(self.store, self.plan, number)
        self.observation.ended(number, record, log.strip())
        if record is None:
            self.failures[number] = log.strip()
            self.show.error(f"error: shard {number} has failed", *(f"    {line}" for line in log.strip().splitlines()))
            return
        self.finished += 1
        self.counts.update(record["counts"])
        key = layout.rows(self.plan.run, number, record["rows"])
        rows = self.store.read(key)[0] if record["exit_code"] else b""
        for _, row in layout.failed(rows):
            self.show.say(f"  {row['status']}: {row['source']}: {row['message']}")
        done, whole = self.earlier + self.finished, len(self.plan.shards)
        left = (time.monotonic() - self.begun) / self.finished * (whole - done)
        counted = ", ".join(f"{count} {status}" for status, count in sorted(self.counts.items()))
        time_left = f"; about {left / 60:.0f} min left" if left >= 60 else ""
        self.show.say(f"{done} of {whole} shards are done: {counted}{time_left}")

    def tell_rest(self) -> None:
        """Say how far an interrupted run has come, and how it goes on."""
        done = len(self.plan.shards) - len(missing(self.store, self.plan))
        self.show.say(
            f"{done} of {len(self.plan.shards)} shards are done; the same command again goes on with the rest"
        )

    def require_all(self) -> None:
        """Raise `Failure(ENVIRONMENT)` if a shard has failed."""
        if self.failures:
            named = ", ".join(map(str, sorted(self.failures)[:10]))
            text = f"{len(self.failures)} of {len(self.plan.shards)} shards have failed: {named}"
            raise Failure(Exit.ENVIRONMENT, text, "run the same command again: what is done stays done")
