"""Run the shards of a plan on a cluster of Dask, which starts one command for each and starts it again if it is lost.

Nothing of ours travels to the cluster but words: a task is `subprocess.run` with the command of a shard, so that its
workers need neither the same Python nor our code in it. All that has been done is in the target, not in the cluster:
whoever runs the same command again goes on, whether the cluster or this process has died.
"""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from interchange.errors import Exit, Failure
from keras2to3.options.places import Cluster

_SETTINGS = {
    "distributed.scheduler.allowed-failures": 10,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.comm.timeouts.connect": "30s",
    # What matters of it is told in our words. It has effect on what is imported afterwards.
    "distributed.logging": {"distributed": "critical", "distributed.client": "critical"},
}
"""A lost worker is no fault of its shard, and an idle cluster should cost nothing."""

_INSTALL = "install it: pip install 'keras2to3[dask]'"
_WORDS_OF_ERROR = 2_000

Command = Callable[[int, int, bool], Sequence[str]]
"""The words of a shard, after those that start keras2to3: its number, how many run on a machine, whether alone."""


def run(
    cluster: Cluster,
    shards: Sequence[int],
    command: Command,
    done: Callable[[int, str], None],
    say: Callable[[str], None],
) -> None:
    """Run the shards, and call `done` with the number of each that has ended and the end of what it has printed.

    `say` is told of a cluster without workers, which is waited for. A shard that has cost the cluster
    several workers is run once more, one model at a time. Raises `Failure(ENVIRONMENT)` if the cluster cannot be
    reached or is lost.
    """
    with _client(cluster) as client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            say(f"{cluster.text}: the cluster has no workers yet; shards start as soon as one has joined it")
        beside = _most_on_a_machine(client)
        start = [*_start(cluster)]
        futures = {_submitted(client, [*start, *command(number, beside, False)]): number for number in shards}
        try:
            _follow(client, futures, lambda number: [*start, *command(number, beside, True)], done)
        except BaseException:
            client.cancel(list(futures))
            raise


def _follow(client: Any, futures: dict[Any, int], alone: Callable[[int], Sequence[str]], done: Any) -> None:
    from distributed import KilledWorker, as_completed

    lost: Counter[int] = Counter()
    following = as_completed(list(futures), loop=client.loop)
    for future in following:
        number = futures.pop(future)
        error = future.exception() if future.status == "error" else None
        if isinstance(error, KilledWorker) and not lost[number]:
            lost[number] += 1
            again = _submitted(client, alone(number))
            futures[again] = number
            following.add(again)
            continue
        if future.status != "finished":
            text = f"the cluster has lost shard {number}: {error or future.status}"
            raise Failure(Exit.ENVIRONMENT, text, "run the same command again: what is done stays done")
        result = future.result()
        future.release()
        done(number, result.stderr[-_WORDS_OF_ERROR:] if result.returncode else "")


def _submitted(client: Any, words: Sequence[str]) -> Any:
    arguments = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return client.submit(subprocess.run, list(words), **arguments, pure=False)


def _start(cluster: Cluster) -> Sequence[str]:
    """The words that start keras2to3 on a machine of the cluster."""
    if given := cluster.settings.get("command"):
        return shlex.split(given)
    return [sys.executable, "-m", "keras2to3"] if cluster.kind == "dask+local" else ["keras2to3"]


def _most_on_a_machine(client: Any) -> int:
    """How many shards run at the same time on the machine with the most workers, at least one."""
    hosts: Counter[str] = Counter()
    for worker in client.scheduler_info(n_workers=-1)["workers"].values():
        hosts[worker["host"]] += worker["nthreads"]
    return max(hosts.values(), default=1)


@contextlib.contextmanager
def _client(cluster: Cluster) -> Iterator[Any]:
    """A client of the cluster, which is started where that is wanted for it. Raises `Failure(ENVIRONMENT)`."""
    with contextlib.ExitStack() as stack:
        try:
            import dask

            stack.enter_context(dask.config.set(_SETTINGS))
            from distributed import Client
        except ImportError as error:
            raise Failure(Exit.ENVIRONMENT, f"--on {cluster.text}: Dask is not installed", _INSTALL) from error
        try:
            started = stack.enter_context(_started(cluster))
            client = stack.enter_context(Client(started, set_as_default=False))
        except (OSError, ValueError) as error:
            hint = "start a scheduler and its workers: dask scheduler, dask worker"
            raise Failure(Exit.ENVIRONMENT, f"--on {cluster.text}: no cluster: {error}", hint) from error
        yield client


def _started(cluster: Cluster) -> Any:
    """The URL of a scheduler, or a cluster that lives as long as this process."""
    settings = cluster.settings
    workers = int(settings.get("workers", "1"))
    if cluster.kind == "dask+local":
        from distributed import LocalCluster

        # Its status is for this machine, on whichever port is free.
        return LocalCluster(n_workers=workers, threads_per_worker=1, memory_limit=0, dashboard_address="127.0.0.1:0")
    if cluster.kind == "dask+slurm":
        from dask_jobqueue import SLURMCluster

        options = {"queue": cluster.place, "cores": 1, "processes": 1, "memory": settings.get("memory", "8GB")}
        extra = {name: settings[name] for name in ("walltime", "account") if name in settings}
        jobs = SLURMCluster(**options, **extra, job_cpu=int(settings.get("cores", "2")))
        jobs.scale(jobs=workers)
        return jobs
    return contextlib.nullcontext(f"{cluster.kind.removeprefix('dask+')}://{cluster.place}")
