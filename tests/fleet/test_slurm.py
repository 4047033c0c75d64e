"""The recipe for Slurm, run by a Slurm of this one machine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

from tests.fleet.conftest import PYTHONS, keras2to3
from tests.support.paths import ROOT

PROGRAMS = ("sbatch", "scancel", "slurmctld", "slurmd")
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}
SlurmUser=root
AuthType=auth/none
CredType=cred/none
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName={host} CPUs={cores} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES State=UP
"""

pytestmark = [
    pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="no Slurm: apt-get install slurm-wlm"),
    pytest.mark.skipif(os.geteuid() != 0, reason="slurmd runs tasks as root alone"),
]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        return free.getsockname()[1]


@pytest.fixture
def slurm(tmp_path):
    """The environment of commands for a Slurm with this machine as its only node."""
    folder = tmp_path / "slurm"
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    facts = {"host": socket.gethostname().partition(".")[0], "cores": os.cpu_count(), "memory": memory}
    configuration = folder / "slurm.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, ports=(free_port(), free_port()), **facts))
    environment = {**os.environ, "SLURM_CONF": str(configuration)}
    with (folder / "log").open("w") as log:
        started = [
            subprocess.Popen([name, "-D"], env=environment, stdout=log, stderr=log) for name in ("slurmctld", "slurmd")
        ]
        yield environment
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=60)


def test_an_array_runs_every_shard(slurm, models, plain, tmp_path):
    target = tmp_path / "target"
    planned = keras2to3(
        "plan", models, "--root", models, "--output-dir", target, "--models-per-shard", "3", cwd=tmp_path
    )
    assert planned.code == 0, planned.lines
    variables = {"KERAS2TO3": f"{sys.executable} -m keras2to3", "PYTHONPATH": str(ROOT)}
    words = ["sbatch", "--wait", "--array=0-1", str(ROOT / "templates" / "slurm.sh"), str(target), "--jobs", "1"]
    deadline = time.monotonic() + 60
    idle = ["sinfo", "--noheader", "--states", "idle", "--format", "%n"]
    while not subprocess.run(idle, env=slurm, check=False, capture_output=True).stdout:
        assert time.monotonic() < deadline, (tmp_path / "slurm" / "log").read_text()
        time.sleep(0.5)
    done = subprocess.run(
        [*words, *PYTHONS],
        cwd=tmp_path,
        check=False,
        env={**slurm, **variables},
        capture_output=True,
        text=True,
        timeout=500,
    )
    told = "".join(path.read_text() for path in tmp_path.glob("slurm-*.out"))
    assert done.returncode == 0, done.stderr + told
    assert keras2to3("merge", target, cwd=tmp_path).code == 3
    assert json.loads((target / "summary.json").read_text())["counts"] == {"failed": 1, "verified": 4}
    assert {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*.keras")} == plain
