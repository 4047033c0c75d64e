"""The options of the commands for shards that are planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from keras2to3.options.commands import Display


@dataclass(frozen=True)
class ShardOptions:
    """Options of `shard`: the target that has the plan, the number of the shard, and what it may use of its machine.

    `run` is the run of an older plan. `beside` is how many shards run on the machine at the same time. With `alone`
    each model is migrated by itself, and one that has cost its machine before is left out, without
    `retry_quarantined`. With `end_with_parent` the shard ends when the process ends that has started it.
    """

    target: str
    number: int
    run: str | None = None
    beside: int = 1
    alone: bool = False
    retry_quarantined: bool = False
    end_with_parent: bool = False
    keras2_python: Path | None = None
    keras3_python: Path | None = None
    jobs: int | None = None
    memory: int | None = None
    log_json: Path | None = None
    metrics: Path | None = None
    display: Display = field(default_factory=Display)


@dataclass(frozen=True)
class MergeOptions:
    """Options of `merge`: the target that has the plan, and the run if it is not the newest."""

    target: str
    run: str | None = None
    log_json: Path | None = None
    metrics: Path | None = None
    display: Display = field(default_factory=Display)
