"""A run on a cluster whose machines share nothing but the store: of what they lose, the same command goes on.

With KERAS2TO3_TEST_MODELS=200 the run has so many models, and not the few that each change is tested with.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from tests.fleet import hosts
from tests.fleet.conftest import KERAS2, PYTHONS, keras2to3, use_s3
from tests.fleet.hosts import Host, Network
from tests.support.paths import ROOT

COUNT = int(os.environ.get("KERAS2TO3_TEST_MODELS", "20"))
A_SHARD = max(5, COUNT // 10)
PATIENCE = 300 + 5 * COUNT  # seconds for what takes a tenth of that
MODELS = """
import pathlib, sys
import keras
folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
keras.utils.set_random_seed(1)
layers = keras.layers
words = keras.Input((6,))
models = [
    keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.LeakyReLU(), layers.Dense(2)]),
    keras.Model(words, layers.Dense(1)(layers.GRU(3)(layers.Embedding(9, 4, mask_zero=True)(words)))),
    keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Flatten()]),
]
for number in range(count):
    model = models[number % len(models)]
    model.set_weights([weight + 0.001 * number for weight in model.get_weights()])
    path = folder / f"team-{number % 4}" / f"model-{number}.h5"
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path, include_optimizer=False)
(folder / "broken.h5").write_bytes(b"no model")
"""

WHY = hosts.missing()
TARGET = "machines/target"  # every server of a process has the same buckets, and the others use another one

pytestmark = pytest.mark.skipif(WHY is not None, reason=f"no machines: {WHY}")


class Target:
    """What is in the target, seen by somebody who has not written it."""

    def __init__(self) -> None:
        self._store = fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True)

    def keys(self) -> set[str]:
        """The key of every file in it."""
        return {path.removeprefix(f"{TARGET}/") for path in self._store.find(TARGET)}

    def files(self, ending: str) -> dict[str, bytes]:
        """The content of files by their keys."""
        return {key: self._store.cat_file(f"{TARGET}/{key}") for key in self.keys() if key.endswith(ending)}

    def of_run(self, folder: str) -> dict[int, list[dict]]:
        """The objects in each file of a folder of the run, by the number of the file."""
        keys = [key for key in self.keys() if f"/{folder}/" in key]
        contents = {key: self._store.cat_file(f"{TARGET}/{key}") for key in keys}
        return {
            int(Path(key).stem[:5]): list(map(json.loads, content.splitlines())) for key, content in contents.items()
        }

    def done(self) -> set[int]:
        """The shards that have a record."""
        return {int(Path(key).stem) for key in self.keys() if "/shards/" in key}


@dataclass
class Fleet:
    """A network with a store and a scheduler, machines with workers, and one for the user."""

    network: Network
    folder: Path
    environment: dict[str, str]
    scheduler: Host
    user: Host
    target: Target
    names: dict[int, set[str]] = field(default_factory=dict)

    def schedule(self) -> None:
        """Start the scheduler."""
        words = ("scheduler", "--host", self.scheduler.address, "--port", "8786", "--no-dashboard")
        self.start(self.scheduler, self.folder / "dask.log", "dask", *words)

    def work(self, host: Host) -> None:
        """Start a worker."""
        options = ("--nthreads", "1", "--memory-limit", "0", "--no-dashboard")
        words = ("worker", f"tcp://{self.scheduler.address}:8786", *options)
        self.start(host, self.folder / "dask.log", "dask", *words)

    def migrate(self, log: Path) -> subprocess.Popen[bytes]:
        """Start the command of the user."""
        command = quote(f"{sys.executable} -m keras2to3")
        on = f"dask+tcp://{self.scheduler.address}:8786?command={command}"
        words = ("migrate", "s3://machines/models", "--output-dir", f"s3://{TARGET}", "--on", on)
        words += ("--models-per-shard", A_SHARD, "--jobs", "1", *PYTHONS)
        return self.start(self.user, log, "keras2to3", *words)

    def start(self, host: Host, log: Path, module: str, *words: object) -> subprocess.Popen[bytes]:
        """Start a module on a machine."""
        return host.start(sys.executable, "-m", module, *words, log=log, environment=self.environment)

    def are_begun(self, *machines: Host) -> bool:
        """Whether machines are in the middle of a shard: it has reports of some of its sources, and no record."""
        words = [each for machine in machines for each in machine.processes("shard").values()]
        numbers = {int(each[each.index("shard") + 2]) for each in words}
        if numbers and not self.names:
            lists = self.target.of_run("plan").items()
            self.names = {
                number: {name for entry in entries for _, name in entry["names"]} for number, entries in lists
            }
        keys = self.target.keys() if numbers else set()
        recorded = {int(Path(key).stem) for key in keys if "/shards/" in key}
        reported = {key.removesuffix(".report.json") for key in keys}
        return any(self.names[number] & reported for number in numbers - recorded)


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    with hosts.network(tmp_path) as network:
        server = ThreadedMotoServer(ip_address=network.address, port=0, verbose=False)
        server.start()
        _, port = server.get_host_and_port()
        use_s3(monkeypatch, f"http://{network.address}:{port}", "machines")
        # A machine that is gone is found out in the shortest time that Dask allows.
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "11s"}
        machines = (network.host("scheduler"), network.host("user"))
        yield Fleet(network, tmp_path, environment, *machines, Target())
        server.stop()


@pytest.fixture
def many(tmp_path) -> Path:
    """A folder with models, and a file that is none."""
    folder = tmp_path / "models"
    subprocess.run([KERAS2, "-W", "ignore", "-c", MODELS, folder, str(COUNT)], check=True, capture_output=True)
    return folder


def until(is_so: Callable[[], object], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something is so while a process runs."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)


def kill(host: Host, word: str) -> None:
    """Kill the commands on a machine of which this is a word, and nothing else."""
    found = host.processes(word)
    assert found
    for process in found:
        os.kill(process, signal.SIGKILL)


def test_what_machines_lose_is_done_again_by_the_same_command(fleet, many, tmp_path):
    fsspec.filesystem("s3", skip_instance_cache=True).put(f"{many}/", "machines/models/", recursive=True)
    logs = [tmp_path / f"user-{number}.log" for number in range(3)]
    one, two, three = map(fleet.network.host, ("one", "two", "three"))
    fleet.schedule()
    fleet.work(one)
    fleet.work(two)
    user = fleet.migrate(logs[0])
    until(lambda: fleet.are_begun(one), user, logs[0])
    one.lose()
    fleet.work(three)

    until(lambda: fleet.target.done() and fleet.are_begun(two, three), user, logs[0])
    kill(fleet.scheduler, "scheduler")
    assert user.wait(PATIENCE) == 8, logs[0].read_text()
    assert "run the same command again: what is done stays done" in logs[0].read_text()
    assert "Traceback" not in logs[0].read_text()
    deadline = time.monotonic() + PATIENCE
    while two.processes("shard") or three.processes("shard"):
        assert time.monotonic() < deadline

    done = fleet.target.done()
    fleet.schedule()
    fleet.work(two)
    fleet.work(three)
    user = fleet.migrate(logs[1])
    until(lambda: fleet.target.done() > done and fleet.are_begun(two, three), user, logs[1])
    kill(fleet.user, "migrate")
    assert len(fleet.target.done()) < len(fleet.names)
    user = fleet.migrate(logs[2])
    assert user.wait(PATIENCE) == 3, logs[2].read_text()
    require_whole(fleet.target, many, tmp_path)


def require_whole(target: Target, models: Path, folder: Path) -> None:
    """Require that the target has all that the plain command writes, and that each shard has told its sources once."""
    plain = folder / "plain"
    done = keras2to3("migrate", models, "--root", models, "--output-dir", plain, "--jobs", "2", *PYTHONS, cwd=folder)
    assert done.code == 3, done.lines
    assert target.files(".keras") == {
        path.relative_to(plain).as_posix(): path.read_bytes() for path in plain.rglob("*.keras")
    }
    records, plans = target.of_run("shards"), target.of_run("plan")
    assert records.keys() == plans.keys() == target.of_run("rows").keys()
    for number, rows in target.of_run("rows").items():
        assert [row["source"] for row in rows] == [entry["source"] for entry in plans[number]]
        assert records[number][0]["counts"] == Counter(row["status"] for row in rows)
    summary = json.loads((plain / "summary.json").read_bytes())
    found = {row["name"]: row["status"] for rows in target.of_run("rows").values() for row in rows}
    assert found == {row["name"]: row["status"] for row in summary["sources"]}
    assert Counter(found.values()) == {"verified": COUNT, "failed": 1}
    results = target.files(".keras")
    for name, content in target.files(".report.json").items():
        report = json.loads(content)
        if report["status"] == "verified":
            result = results[f"{name.removesuffix('.report.json')}.keras"]
            assert report["output"]["sha256"] == hashlib.sha256(result).hexdigest()
