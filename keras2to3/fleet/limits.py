"""What a shard may use of its machine: its share of the cores and of the memory, by the size of its models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from keras2to3.executors import machine
from keras2to3.executors.worker_environment import THREADS
from keras2to3.fleet.entries import Entry
from keras2to3.options.commands import Options

_SMALL, _LARGE = 64 << 20, 512 << 20
_TIMEOUTS = ((_SMALL, 900.0), (_LARGE, 3600.0))
_LONGEST = 4 * 3600.0
"""Seconds for a worker's part of a model, by the bytes of the largest one."""


def limited(options: Options, entries: Sequence[Entry], shards: int) -> Options:
    """The options of a shard of which a machine runs several at once; what the user has set stays.

    The memory is divided by the shards, and then by the workers of one, of which each model has two.
    """
    largest = max((entry.size for entry in entries), default=0)
    cores, memory = max(THREADS, machine.cores() // shards), machine.memory() // shards
    jobs = options.jobs or min(machine.suitable(cores, memory, largest), max(1, len(entries)))
    return replace(
        options,
        jobs=jobs,
        memory=options.memory or memory // jobs,
        timeout=options.timeout if options.timeout != Options.timeout else timeout(largest),
    )


def timeout(largest: int) -> float:
    """Seconds after which a worker with a model of so many bytes is taken to hang."""
    return next((seconds for size, seconds in _TIMEOUTS if largest <= size), _LONGEST)
