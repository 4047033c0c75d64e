"""The commands that migrate past one machine, and the options for it of `migrate`, `rollback` and `check`."""

from __future__ import annotations

import argparse
from pathlib import Path

from keras2to3.cli import values
from keras2to3.options.places import is_url

PLAN_EPILOG = "exit codes: 0 the plan is written, whatever becomes of its sources, 1, 2, 8 and 130 as for migrate"
SHARD_EPILOG = "exit codes: as for migrate, the highest of the sources of the shard; 8 also if another run writes there"
MERGE_EPILOG = "exit codes: the highest of all sources of the run, as for migrate; 8 if a shard is not done"


def add_sharding(parser: argparse.ArgumentParser, *, cluster: bool = True) -> None:
    """Add how sources are divided into shards, and the cluster that runs them."""
    text = "the most models in a shard; larger ones make it end earlier (default: %(default)s)"
    parser.add_argument("--models-per-shard", type=values.count, default=500, metavar="N", help=text)
    if not cluster:
        return
    text = "divide the sources into shards and run them on a cluster of Dask: dask+tcp://HOST:PORT, "
    text += "dask+local?workers=N or dask+slurm://PARTITION?workers=N"
    parser.add_argument("--on", type=values.cluster, metavar="CLUSTER", help=text)
    _add_observation(parser)


def add_shard(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `shard`."""
    _add_target(parser)
    parser.add_argument("number", type=values.number, metavar="N", help="the number of the shard, from 0 on")
    _add_run(parser)
    text = "migrate one model at a time, and leave out those that have cost their machine before"
    parser.add_argument("--alone", action="store_true", help=text)
    text = "try models once more that were left out, since they have cost their machine or do not fit on its disk"
    parser.add_argument("--retry-quarantined", action="store_true", help=text)
    group = parser.add_argument_group("limits")
    text = "how many shards run on this machine at the same time, which share its cores and its memory (default: 1)"
    group.add_argument("--beside", type=values.count, default=1, metavar="N", help=text)
    text = "number of models migrated at the same time, each by a pair of workers (default: by cores and memory)"
    group.add_argument("--jobs", type=values.count, metavar="N", help=text)
    text = "memory limit of each worker (default: by the share of the machine)"
    group.add_argument("--memory", type=values.gibibytes, metavar="GIB", help=text)
    text = "end when the process ends that has started this one"
    group.add_argument("--end-with-parent", action="store_true", help=text)
    _add_observation(parser)
    group = parser.add_argument_group("environments")
    for name in ("keras2", "keras3"):
        text = f"python of an existing {name} environment (default: build one)"
        group.add_argument(f"--{name}-python", type=values.python, metavar="PYTHON", help=text)


def add_merge(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `merge`."""
    _add_target(parser)
    _add_run(parser)
    _add_observation(parser)


def place(text: str) -> Path | str:
    """A path, or the text of a URL."""
    return text if is_url(text) else Path(text)


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="the folder or URL of the results, which has the plan")


def _add_observation(parser: argparse.ArgumentParser) -> None:
    text = "append a line of JSON to FILE for each shard that ends, and for the summary"
    parser.add_argument("--log-json", type=Path, metavar="FILE", help=text)
    text = "write how far the shards are to FILE, in the text format of Prometheus, whenever one ends"
    parser.add_argument("--metrics", type=values.document("metrics"), metavar="FILE", help=text)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", metavar="RUN", help="the run that an older plan began (default: the newest)")
