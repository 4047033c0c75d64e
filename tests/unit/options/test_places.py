"""What `--on` takes, and what it says of everything else."""

import re

import pytest

from keras2to3.options.places import Cluster


def test_a_running_scheduler():
    cluster = Cluster.of("dask+tcp://head:8786?command=/opt/keras2to3/bin/keras2to3")
    assert (cluster.kind, cluster.place) == ("dask+tcp", "head:8786")
    assert cluster.settings == {"command": "/opt/keras2to3/bin/keras2to3"}


def test_this_machine():
    assert Cluster.of("dask+local?workers=2").settings == {"workers": "2"}
    assert Cluster.of("dask+local").settings == {}


def test_a_partition_of_slurm():
    cluster = Cluster.of("dask+slurm://gpu?workers=50&walltime=02:00:00")
    assert (cluster.place, cluster.settings) == ("gpu", {"workers": "50", "walltime": "02:00:00"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("head:8786", "is no cluster"),
        ("ray://head", "is no cluster"),
        ("dask+local?worker=2", "worker is no setting of dask+local"),
        ("dask+local?workers=two", "workers has to be a number, not 'two'"),
        ("dask+local?workers=0", "workers has to be a number, not '0'"),
        ("dask+local://head", "write dask+tcp://HOST:PORT"),
        ("dask+tcp", "write dask+tcp://HOST:PORT"),
        ("dask+slurm://?workers=3", "or dask+slurm://PARTITION"),
    ],
)
def test_what_is_wrong(text, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        Cluster.of(text)
