"""Sources and results in a store, shards run one by one and on a cluster, and what of them is done again."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import quote

import pytest

from tests.fleet.conftest import PYTHONS, keras2to3
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def in_store(s3, stored, tmp_path_factory):
    """The target of a run in a store, and what its commands have printed."""
    folder = tmp_path_factory.mktemp("shards")
    target = "s3://bucket/by-hand"
    (folder / "own.py").write_text("import keras\n")  # named by its relative path, and shards run elsewhere
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    told = [
        keras2to3("plan", stored, "--output-dir", target, "--custom-objects", "own.py", cwd=folder),
        keras2to3("merge", target, cwd=folder),
        keras2to3("shard", target, "0", *PYTHONS, cwd=elsewhere),
        keras2to3("merge", target, cwd=elsewhere),
        keras2to3("shard", target, "0", *PYTHONS, cwd=elsewhere),
    ]
    return target, told


def results(s3, target):
    root = target.removeprefix("s3://")
    s3.invalidate_cache()
    return {path.removeprefix(f"{root}/"): s3.cat_file(path) for path in s3.find(root)}


def test_the_commands_end_as_they_should(in_store):
    _, told = in_store
    assert [each.code for each in told] == [0, 8, 3, 3, 3], "\n".join(each.lines for each in told)
    assert "keras2to3 shard s3://bucket/by-hand N, with N from 0 to 0" in told[0].lines
    assert "1 of 1 shards of run" in told[1].lines
    assert "-> s3://bucket/by-hand/summary.json\n" in told[3].lines
    assert "is done already" in told[4].lines


def test_lines_name_the_store_and_no_folder_of_the_shard(in_store, stored):
    lines = in_store[1][2].lines
    assert f"{stored}/broken.h5" in lines
    assert f"{stored}/team-1/model-1.h5" in lines
    assert "/tmp" not in lines


def test_results_are_those_of_the_plain_command(in_store, s3, plain):
    found = results(s3, in_store[0])
    assert {key: content for key, content in found.items() if key.endswith(".keras")} == plain


def test_reports_name_the_store_and_no_folder_of_the_shard(in_store, s3, stored):
    found = results(s3, in_store[0])
    report = json.loads(found["team-1/model-1.report.json"])
    assert report["source"]["path"] == f"{stored}/team-1/model-1.h5"
    assert report["output"]["path"] == "s3://bucket/by-hand/team-1/model-1.keras"
    for key, content in found.items():
        if key.endswith((".json", ".jsonl")):
            assert b"/keras2to3-" not in content, key


def test_the_secret_is_nowhere(in_store, s3):
    told = "".join(each.lines for each in in_store[1]).encode()
    assert all(b"the-secret" not in content for content in (told, *results(s3, in_store[0]).values()))


def test_the_summary_counts_and_names_what_failed(in_store, s3, stored):
    summary = json.loads(results(s3, in_store[0])["summary.json"])
    assert summary["counts"] == {"failed": 1, "verified": 4}
    assert summary["exit_code"] == 3
    assert [row["source"] for row in summary["failed"]] == [f"{stored}/broken.h5"]
    assert b'href="./broken.report.html"' in results(s3, in_store[0])["summary.html"]


def test_another_run_of_the_same_sources_reads_reports_alone(in_store, s3, tmp_path):
    target, _ = in_store
    record = next(path for path in s3.find("bucket/by-hand/.keras2to3") if "/shards/" in path)
    s3.rm(record)
    done = keras2to3("shard", target, "0", *PYTHONS, cwd=tmp_path)
    assert done.code == 3, done.lines
    found = results(s3, target)
    digest = json.loads(found[record.removeprefix("bucket/by-hand/")])["rows"]
    (rows,) = (content for key, content in found.items() if f"-{digest[:16]}.jsonl" in key)
    resumed = [json.loads(line)["resumed"] for line in rows.splitlines()]
    assert sorted(resumed) == [False, True, True, True, True]


def test_a_cluster_does_the_same_and_goes_on(models, plain, tmp_path):
    words = ["migrate", models, "--root", models, "--output-dir", tmp_path / "target", "--on", "dask+local?workers=1"]
    first = keras2to3(*words, *PYTHONS, cwd=tmp_path)
    assert first.code == 3, first.lines
    assert "1 of 1 shards are done: 1 failed, 4 verified" in first.lines
    target = tmp_path / "target"
    assert {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*.keras")} == plain
    again = keras2to3(*words, *PYTHONS, cwd=tmp_path)
    assert "1 of 1 shards are done already" in again.lines
    assert again.code == 3


def test_sources_that_change_after_the_plan(s3, models, tmp_path):
    s3.put_file(str(models / "broken.h5"), "bucket/changing/a.h5")
    keras2to3("plan", "s3://bucket/changing", "--output-dir", "s3://bucket/changed", cwd=tmp_path)
    s3.pipe_file("bucket/changing/a.h5", b"another file")
    done = keras2to3("shard", "s3://bucket/changed", "0", *PYTHONS, cwd=tmp_path)
    assert done.code == 3
    keras2to3("merge", "s3://bucket/changed", cwd=tmp_path)
    (row,) = json.loads(s3.cat_file("bucket/changed/summary.json"))["failed"]
    assert "has changed since it was listed" in row["message"]


@contextlib.contextmanager
def cluster(folder):
    """A scheduler and two workers, each in a process group of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    dask = [sys.executable, "-m", "dask"]
    worker = [*dask, "worker", address, "--nthreads", "1", "--memory-limit", "0", "--no-dashboard"]
    with contextlib.ExitStack() as stack, (folder / "cluster.log").open("w") as log:
        processes = []
        for words in ([*dask, "scheduler", "--host", address, "--no-dashboard"], worker, worker):
            process = subprocess.Popen(
                words, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
            stack.callback(kill, process)
            processes.append(process)
        yield address, processes


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_running_scheduler_takes_shards_and_loses_none_with_a_worker(models, plain, tmp_path):
    target = tmp_path / "target"
    command = quote(f"{sys.executable} -m keras2to3")
    with cluster(tmp_path) as (address, (_, worker, _other)):
        words = ["migrate", str(models), "--root", str(models), "--output-dir", str(target), "--models-per-shard", "1"]
        on = f"dask+{address}?command={command}"
        process = subprocess.Popen(
            [sys.executable, "-m", "keras2to3", *words, "--on", on, *PYTHONS],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        while process.poll() is None and not list(target.glob(".keras2to3/*/shards/*.json")):
            time.sleep(0.1)
        kill(worker)
        lines, _ = process.communicate(timeout=500)
    assert process.returncode == 3, lines
    assert "5 of 5 shards are done: 1 failed, 4 verified" in lines
    assert {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*.keras")} == plain
    assert len(list(target.glob(".keras2to3/*/shards/*.json"))) == 5


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["migrate", "s3://no-such-bucket/models", "--output-dir", "out"], 3, "holds no model, or does not exist"),
        (["plan", "models", "--output-dir", "s3://no-such-bucket/out"], 8, "does not exist"),
        (["migrate", "ftps://host/models", "--output-dir", "out"], 2, "no store is called ftps"),
        (["migrate", "s3://key:the-secret@bucket/a", "--output-dir", "out"], 2, "a URL with credentials"),
        (["inspect", "s3://bucket/models"], 2, "inspect reads and writes no store"),
        (["migrate", "models", "--on", "dask+tcp://127.0.0.1:9", "--output-dir", "out"], 8, "no cluster"),
        (["shard", "s3://bucket/nothing", "0"], 8, "has no plan"),
        (["merge", "nothing"], 8, "has no plan"),
    ],
)
def test_bad_input_is_told(s3, words, code, told, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.h5").write_bytes(b"no model")
    pythons = PYTHONS if words[0] in ("migrate", "shard") else []
    done = keras2to3(*words, *pythons, cwd=tmp_path)
    assert told in done.lines, done.lines
    assert done.code == code, done.lines
    assert "Traceback" not in done.lines
