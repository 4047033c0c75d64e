"""Plans and machines that fail while shards are run, and how a run goes on."""

import json
import os
import subprocess
import sys
import time
from urllib.parse import quote

import pytest

from tests.fleet.conftest import PYTHONS, keras2to3
from tests.fleet.test_shards import kill
from tests.support.paths import ROOT

ON = f"?command={quote(f'{sys.executable} -m keras2to3')}"


@pytest.fixture
def planned(tmp_path):
    """The target of a plan with one source, which is no model, and the folder of its run."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.h5").write_bytes(b"no model")
    done = keras2to3("plan", "in", "--output-dir", "target", cwd=tmp_path)
    assert done.code == 0, done.lines
    (run,) = (tmp_path / "target" / ".keras2to3").glob("*/plan.json")
    return tmp_path / "target", run.parent


def shard(target, *words):
    return keras2to3("shard", target, "0", *words, cwd=target.parent)


def test_a_list_that_is_cut_off_is_told(planned):
    target, run = planned
    path = run / "plan" / "00000.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    done = shard(target, *PYTHONS)
    assert done.code == 8, done.lines
    assert "plan/00000.jsonl is missing, cut off, or was changed since it was planned" in done.lines


def test_a_plan_of_another_version_is_told(planned):
    target, run = planned
    plan = json.loads((run / "plan.json").read_bytes())
    plan["made_with"]["code"] = "0" * 64
    (run / "plan.json").write_text(json.dumps(plan))
    done = shard(target, *PYTHONS)
    assert done.code == 8, done.lines
    assert "was planned by another version of keras2to3" in done.lines
    assert not (run / "shards").exists()


def test_a_source_that_costs_its_machine_twice_is_left_alone_until_it_is_asked_for(planned):
    target, run = planned
    words = [sys.executable, "-m", "keras2to3", "shard", str(target), "0", "--alone", *PYTHONS]
    process = subprocess.Popen(
        words, cwd=target.parent, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while process.poll() is None and not list(run.glob("attempts/*/*")):
        time.sleep(0.001)
    kill(process)  # as a machine that is lost
    assert list(run.glob("attempts/*/*"))
    done = shard(target, "--alone", *PYTHONS)
    assert done.code == 9, done.lines
    assert json.loads((run / "shards" / "00000.json").read_bytes())["quarantined"] == 1
    (rows,) = (run / "rows").iterdir()
    (row,) = map(json.loads, rows.read_bytes().splitlines())
    assert row["quarantined"]
    assert "has cost the machine that migrated it alone" in row["message"]
    assert "is done already" in shard(target, "--alone", *PYTHONS).lines
    again = shard(target, "--retry-quarantined", *PYTHONS)
    assert again.code == 3, again.lines
    assert json.loads((run / "shards" / "00000.json").read_bytes())["quarantined"] == 0


def test_a_machine_without_environments_is_told_to_the_user(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.h5").write_bytes(b"no model")
    missing = ["--keras2-python", "/bin/true", "--keras3-python", "/bin/true"]
    done = keras2to3(
        "migrate", "in", "--output-dir", "target", "--on", f"dask+local{ON}&workers=1", *missing, cwd=tmp_path
    )
    assert done.code == 8, done.lines
    assert "shard 0 has failed" in done.lines
    assert "/bin/true" in done.lines
    assert "run the same command again: what is done stays done" in done.lines


def without_room(words, disk, cwd):
    """Run the command where the folder for downloads is a disk of 40 MB."""
    script = 'mount -t tmpfs -o size=40m none "$0" && export TMPDIR="$0" && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, str(disk), sys.executable, "-m", "keras2to3", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, check=False, capture_output=True, text=True)


def rows_of(target):
    """The rows that the record of the first shard of the only run names."""
    (record,) = target.glob(".keras2to3/*/shards/00000.json")
    (rows,) = target.glob(f".keras2to3/*/rows/00000-{json.loads(record.read_bytes())['rows'][:16]}.jsonl")
    return map(json.loads, rows.read_text().splitlines())


@pytest.mark.skipif(
    subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode != 0,
    reason="no mounts of its own for this user",
)
def test_a_model_without_room_is_left_out_until_there_is_some(s3, models, tmp_path):
    s3.pipe_file("bucket/large/a.h5", bytes(20 << 20))
    s3.put_file(str(models / "team-1" / "model-1.h5"), "bucket/large/b.h5")
    (tmp_path / "disk").mkdir()
    planned = keras2to3("plan", "s3://bucket/large", "--output-dir", "target", cwd=tmp_path)
    assert planned.code == 0, planned.lines
    done = without_room(["shard", tmp_path / "target", 0, *PYTHONS], tmp_path / "disk", tmp_path)
    assert done.returncode == 9, done.stderr
    large, small = rows_of(tmp_path / "target")
    assert "s3://bucket/large/a.h5 was left out: it needs about 60 MB of disk" in large["message"]
    assert large["quarantined"]
    assert small["status"] == "verified"
    again = keras2to3("shard", tmp_path / "target", 0, "--retry-quarantined", *PYTHONS, cwd=tmp_path)
    assert again.code == 3, again.lines
    large, small = rows_of(tmp_path / "target")
    assert "is not an HDF5 file" in large["message"]
    assert small["resumed"]
