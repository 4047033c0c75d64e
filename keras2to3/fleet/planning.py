"""Divide sources into shards, and write the plan to the target."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from keras2to3.fleet import settings
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.layout import CHECK, NEWEST, Plan, lines, path
from keras2to3.fleet.listing import listed
from keras2to3.fleet.stores.store import Store
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.results.resume import made_with

MOST_SECONDS, MOST_BYTES = 150.0, 4 << 30
"""Where a shard ends: it costs as much as several starts of its workers, and its sources lie on a disk at once."""

_BASE, _PER_BYTE = 0.3, 0.08 / (1 << 20)  # processor seconds of a model, measured on dense and convolutional ones


def make_plan(sources: Sequence[str], store: Store, options: Options | CheckOptions, verb: str) -> Plan:
    """List the sources, and write the lists of their shards, the plan, and that it is the newest, unless it checks.

    A plan of the same sources and options is the same run, of which shards that are done stay done.
    """
    kept = settings.to_plan(options)
    of_shards = settings.of_plan(kept, verb, Path())  # with the paths that a shard has
    with tempfile.TemporaryDirectory(prefix="keras2to3-") as scratch:
        entries = listed(sources, options, Path(scratch))
    shards = [lines(entry.to_json() for entry in shard) for shard in divided(entries, options.models_per_shard)]
    plan = Plan.of(verb, made_with(of_shards), kept, shards, len(entries))
    for number, content in enumerate(shards):
        store.create(path(plan.run, f"plan/{number:05}.jsonl"), content)
    store.create(path(plan.run, "plan.json"), plan.to_bytes())
    if verb != CHECK:  # tasks of a scheduler may be running the newest one
        store.write(NEWEST, lines([{"run": plan.run}]))
    return plan


def divided(entries: Iterable[Entry], most: int) -> Iterator[list[Entry]]:
    """The sources by shard, at most so many in each; the largest come first, so that none is begun last of all."""
    shard: list[Entry] = []
    seconds, size = 0.0, 0
    for entry in sorted(entries, key=lambda entry: -entry.size):
        cost = estimated_seconds(entry.size)
        is_full = seconds + cost > MOST_SECONDS or size + entry.size > MOST_BYTES or len(shard) == most
        if shard and is_full:
            yield shard
            shard, seconds, size = [], 0.0, 0
        shard.append(entry)
        seconds, size = seconds + cost, size + entry.size
    if shard:
        yield shard


def estimated_seconds(size: int) -> float:
    """About how many processor seconds a model of so many bytes takes."""
    return _BASE + _PER_BYTE * size
