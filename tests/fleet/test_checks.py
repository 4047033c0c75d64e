"""`check` of stores and on clusters: the same shards as a migration, and answers in place of results."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fleet.conftest import keras2to3
from tests.fleet.test_shards import results


@pytest.fixture(scope="module")
def checked(s3, stored, tmp_path_factory):
    """The target of a check in a store, and what the command has printed."""
    return "s3://bucket/checked", keras2to3(
        "check", stored, "--output-dir", "s3://bucket/checked", cwd=tmp_path_factory.mktemp("check")
    )


def test_a_store_is_checked_without_environments(checked, stored):
    _, done = checked
    assert done.code == 3, done.lines
    assert f"{stored}/team-1/model-1.h5" in done.lines
    assert "4 would be tried, 1 would fail" in done.lines
    assert "/tmp" not in done.lines


def test_answers_are_in_the_rows_and_nothing_else_is_written(checked, s3, stored):
    found = results(s3, checked[0])
    assert [key for key in found if not key.startswith(".keras2to3/")] == ["check.json"]
    document = json.loads(found["check.json"])
    assert document["counts"] == {"failed": 1, "ready": 4}
    assert document["exit_code"] == 3
    assert [row["source"] for row in document["failed"]] == [f"{stored}/broken.h5"]
    (rows,) = (content for key, content in found.items() if "/rows/" in key)
    of_names = {row["name"]: row for row in map(json.loads, rows.splitlines())}
    answer = of_names["team-1/model-1"]["check"]
    assert answer["source"]["path"] == f"{stored}/team-1/model-1.h5"
    assert "negative_slope" in json.dumps(answer["changes"])
    assert "the-secret" not in rows.decode()


def test_a_check_is_never_what_shards_of_a_target_run(checked, s3):
    assert ".keras2to3/run.json" not in results(s3, checked[0])


def test_a_second_check_goes_on_where_the_first_one_ended(checked, stored, tmp_path):
    done = keras2to3("check", stored, "--output-dir", checked[0], cwd=tmp_path)
    assert done.code == 3
    assert "1 of 1 shards are done already" in done.lines


def test_a_cluster_checks_as_this_machine_does(models, tmp_path):
    done = keras2to3(
        "check", models, "--root", models, "--on", "dask+local?workers=1", "--models-per-shard", "3",
        "--output-dir", "target", "--log-json", "log.jsonl", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 3, done.lines
    assert "2 of 2 shards are done: 1 failed, 4 ready" in done.lines
    plain = keras2to3("check", models, "--root", models, "--output-dir", "plain", cwd=tmp_path)
    assert plain.code == 3
    rows = [row for path in (tmp_path / "target").glob(".keras2to3/*/rows/*.jsonl") for row in read_lines(path)]
    sharded = {row["source"]: row["check"]["status"] for row in rows}
    document = json.loads((tmp_path / "plain" / "check.json").read_text())
    assert sharded == {row["source"]["path"]: row["status"] for row in document["sources"]}
    assert [line["event"] for line in read_lines(tmp_path / "log.jsonl")] == ["shard", "shard", "merge"]


def read_lines(path):
    return list(map(json.loads, path.read_text().splitlines()))


def test_the_other_way_is_checked_as_well(s3, tmp_path):
    s3.pipe_file("bucket/back/a.keras", b"no model")
    done = keras2to3("check", "--back", "s3://bucket/back", "--output-dir", "target", cwd=tmp_path)
    assert done.code == 3, done.lines
    (plan,) = (tmp_path / "target" / ".keras2to3").glob("*/plan.json")
    assert json.loads(plan.read_text())["options"]["words"] == ["--back"]
    assert json.loads((tmp_path / "target" / "check.json").read_text())["counts"] == {"failed": 1}


def test_a_file_of_somebody_else_is_not_replaced(s3, stored, tmp_path):
    s3.pipe_file("bucket/taken/check.json", b"{}")
    done = keras2to3("check", stored, "--output-dir", "s3://bucket/taken", cwd=tmp_path)
    assert done.code == 8, done.lines
    assert "is not a report of keras2to3 check" in done.lines
    assert s3.cat_file("bucket/taken/check.json") == b"{}"


@pytest.mark.parametrize("option", ["--junit", "--sarif", "--gitlab"])
def test_files_for_one_machine_are_refused(option, tmp_path):
    done = keras2to3("check", "s3://bucket/models", option, "file", cwd=tmp_path)
    assert done.code == 2
    assert f"{option} is for a run on this machine" in done.lines


def test_two_clients_with_one_run_come_to_the_same(models, tmp_path):
    words = [
        "check",
        models,
        "--root",
        models,
        "--models-per-shard",
        "1",
        "--output-dir",
        f"file://{tmp_path / 'target'}",
        "--exclude",
        "*.txt",
    ]
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: keras2to3(*words, "--log-json", "log.jsonl", cwd=tmp_path), range(2)))
    assert [each.code for each in done] == [3, 3], "\n".join(each.lines for each in done)
    assert len(list((tmp_path / "target").glob(".keras2to3/*/plan.json"))) == 1
    assert len(list((tmp_path / "target").glob(".keras2to3/*/shards/*.json"))) == 5
    assert json.loads((tmp_path / "target" / "check.json").read_text())["counts"] == {"failed": 1, "ready": 4}
    assert not list((tmp_path / "target").glob(".keras2to3/drafts/*"))
