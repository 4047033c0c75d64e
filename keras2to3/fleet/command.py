"""The commands `plan`, `shard` and `merge`, and `migrate` and `rollback` where the sources are divided into shards."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Union

from interchange.errors import Exit, Failure, failure_of
from keras2to3.dry_run.check import WORDS
from keras2to3.executors.start import with_environments
from keras2to3.fleet import cluster, layout, settings
from keras2to3.fleet.layout import Plan
from keras2to3.fleet.merge import merge, missing, name_of, require_place
from keras2to3.fleet.observation import Observation
from keras2to3.fleet.planning import make_plan
from keras2to3.fleet.progress import Progress
from keras2to3.fleet.shard import Manner, record_of, run_shard
from keras2to3.fleet.stores.opening import open_target
from keras2to3.fleet.stores.store import Store
from keras2to3.options.commands import CheckOptions, Options, PlanOptions, RollbackOptions
from keras2to3.options.places import is_url
from keras2to3.options.shards import MergeOptions, ShardOptions
from keras2to3.reports.closing import closing
from keras2to3.reports.console import Lines

Planned = Union[Options, CheckOptions]
AnyOptions = Union[Planned, ShardOptions, MergeOptions]

_VERBS = {CheckOptions: layout.CHECK, RollbackOptions: "rollback"}


def run(options: AnyOptions, show: Lines) -> Exit:
    """Run the command of these options. Raises `Failure(ENVIRONMENT)` where a store does not answer, or refuses to."""
    try:
        return _run(options, show)
    except OSError as error:
        place = options.target or getattr(options, "output_dir", None)
        text = f"a store cannot be read or written, of the sources or {place}: {error}"
        raise Failure(Exit.ENVIRONMENT, text, "check the URLs and the credentials, and run the same again") from error


def _run(options: AnyOptions, show: Lines) -> Exit:
    if isinstance(options, ShardOptions):
        return _shard(options, show)
    if isinstance(options, MergeOptions):
        store = open_target(options.target)
        plan = Plan.read(store, options.run)
        return _merge(store, plan, time.monotonic(), _observation(plan, options, show), show)
    if isinstance(options, PlanOptions):
        store, plan = _plan(options, show)
        show.say(f"run each: keras2to3 shard {store.url} N, with N from 0 to {len(plan.shards) - 1}")
        show.say(f"and then: keras2to3 merge {store.url}")
        show.document = {"run": plan.run, "shards": len(plan.shards), "sources": plan.sources, "target": store.url}
        return Exit.VERIFIED
    return _all(options, show)


def _plan(options: Planned, show: Lines) -> tuple[Store, Plan]:
    store = open_target(options.target or str(options.output_dir))
    sources = [*map(str, options.sources), *options.stores]
    verb = _VERBS.get(type(options), "migrate")
    require_place(store, verb)
    plan = make_plan(sources, store, options, verb)
    show.say(f"run {plan.run}: {plan.sources} sources in {len(plan.shards)} shards")
    return store, plan


def _shard(options: ShardOptions, show: Lines) -> Exit:
    store = open_target(options.target)
    plan = Plan.read(store, options.run)
    if options.retry_quarantined:
        _forget_quarantined(store, plan, options.number)
    manner = Manner(options.beside, options.alone)
    observation = _observation(plan, options, show, options.number)
    options_of = functools.partial(_options, plan, options, show)
    try:
        with _ending_with_parent() if options.end_with_parent else contextlib.nullcontext():
            code = run_shard(store, plan, options.number, options_of, manner, show)
    except Exception as error:
        told = error if isinstance(error, OSError) else failure_of(error)  # a store that does not answer is no defect
        observation.ended(options.number, None, str(told))
        raise
    observation.ended(options.number, record_of(store, plan, options.number))
    return code


def _observation(plan: Plan, options: AnyOptions, show: Lines, number: int | None = None) -> Observation:
    return Observation(plan, options.log_json, options.metrics, show.error, number)


def _options(plan: Plan, own: ShardOptions | Planned, show: Lines, downloads: Path) -> Planned:
    """The options of the plan, with what this machine has."""
    planned = settings.of_plan(plan.options, plan.verb, downloads)
    if isinstance(planned, CheckOptions):
        return replace(planned, display=own.display)
    here = {name: getattr(own, name) for name in ("keras2_python", "keras3_python", "jobs", "memory", "display")}
    return with_environments(replace(planned, **here), show)


def _forget_quarantined(store: Store, plan: Plan, number: int) -> None:
    record = record_of(store, plan, number)
    if record is not None and record["quarantined"]:
        store.delete(layout.record(plan.run, number))
    store.delete(layout.attempts(plan.run, number))


@contextlib.contextmanager
def _ending_with_parent() -> Iterator[None]:
    """Stop as Ctrl-C does as soon as the process that has started this one is gone."""
    parent, ended = os.getppid(), threading.Event()

    def watch() -> None:
        while not ended.wait(1.0):
            if os.getppid() != parent:
                signal.raise_signal(signal.SIGTERM)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _merge(store: Store, plan: Plan, begun: float, observation: Observation, show: Lines) -> Exit:
    merged = merge(store, plan)
    observation.merged(merged)
    if merged.warning:
        show.error(merged.warning)
    seconds, place = time.monotonic() - begun, f"{store.url}/{name_of(plan)}"
    words = WORDS if plan.verb == layout.CHECK else None
    where = place if is_url(place) else Path(place)
    show.closing(closing(list(merged.counts.elements()), seconds, where, words))
    return merged.exit_code


def _all(options: Planned, show: Lines) -> Exit:
    """Plan, run every shard that is not done, and merge."""
    begun = time.monotonic()
    store, plan = _plan(options, show)
    observation = _observation(plan, options, show)
    progress = Progress(store, plan, show, observation)
    left = missing(store, plan)
    progress.tell_done(left)
    try:
        if options.on is not None and left:
            words = functools.partial(_words, store, plan, options)
            cluster.run(options.on, left, words, progress.done, show.say)
        else:
            for number in left:
                run_shard(store, plan, number, functools.partial(_options, plan, options, show), Manner(), show)
                progress.done(number, "")
    except KeyboardInterrupt:
        progress.tell_rest()
        raise
    progress.require_all()
    return _merge(store, plan, begun, observation, show)


def _words(store: Store, plan: Plan, options: Planned, number: int, beside: int, alone: bool) -> Sequence[str]:
    """The words of the command that runs a shard."""
    words = [
        "shard",
        store.url,
        str(number),
        "--run",
        plan.run,
        "--beside",
        str(beside),
        "--end-with-parent",
        "--quiet",
    ]
    for name in ("keras2", "keras3"):
        if python := getattr(options, f"{name}_python", None):
            words += [f"--{name}-python", str(python)]
    if jobs := getattr(options, "jobs", None):
        words += ["--jobs", str(jobs)]
    return [*words, *(["--alone"] if alone else [])]
