"""Stores that refuse, that are busy for a while, and that lose a connection."""

import json
import os

import pytest

from tests.fleet.conftest import keras2to3
from tests.fleet.failing_store import failing

TEXT = json.dumps({"class_name": "Sequential", "config": {"name": "a" * 2000, "layers": []}}).encode()


def content_of(method, path):
    return method == "GET" and path.partition("?")[0].endswith("/a.json")


@pytest.fixture
def sources(s3, tmp_path):
    """A store with an architecture, which a plan reads, and a model, which it does not."""
    s3.pipe_file(f"bucket/{tmp_path.name}/in/text/a.json", TEXT)
    s3.pipe_file(f"bucket/{tmp_path.name}/in/b.h5", b"no model")
    return f"s3://bucket/{tmp_path.name}"


def planned(sources, fault, monkeypatch, folder):
    address = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    with failing(address, fault) as (url, told):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        done = keras2to3("plan", f"{sources}/in", "--output-dir", f"{sources}/out", cwd=folder)
    return done, told


@pytest.mark.parametrize("status", [403, 404])
def test_a_store_that_refuses_is_told(sources, status, monkeypatch, tmp_path):
    done, told = planned(
        sources, lambda method, path, _: status if content_of(method, path) else None, monkeypatch, tmp_path
    )
    assert told[status] > 0
    assert done.code == 8, done.lines
    assert "a store cannot be read or written" in done.lines
    assert "Traceback" not in done.lines
    assert "the-secret" not in done.lines


def test_a_store_that_is_busy_is_asked_again(sources, monkeypatch, tmp_path):
    done, told = planned(sources, lambda _method, _path, asked: None if asked else 503, monkeypatch, tmp_path)
    assert told[503] > 2
    assert done.code == 0, done.lines
    assert "2 sources in 1 shards" in done.lines


def test_a_content_that_is_cut_off_is_read_again_or_told(sources, monkeypatch, tmp_path):
    done, told = planned(
        sources,
        lambda method, path, asked: "cut" if content_of(method, path) and not asked else None,
        monkeypatch,
        tmp_path,
    )
    assert told["cut"] == 1
    assert done.code == 0, done.lines
    assert "2 sources in 1 shards" in done.lines


def test_a_content_that_is_always_cut_off_is_told(sources, monkeypatch, tmp_path):
    done, told = planned(
        sources, lambda method, path, _: "cut" if content_of(method, path) else None, monkeypatch, tmp_path
    )
    assert told["cut"] > 0
    assert done.code == 8, done.lines
    assert "a store cannot be read or written" in done.lines
    assert "Traceback" not in done.lines


def of_model(method, path, name="b.h5"):
    return method == "GET" and path.partition("?")[0].endswith(f"/{name}")


def checked(sources, fault, monkeypatch, folder):
    """A check of models, in the place of a migration, which downloads them by the same code and takes longer."""
    address = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    with failing(address, fault) as (url, told), monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        done = keras2to3("check", f"{sources}/in", "--output-dir", "target", cwd=folder)
    return done, told


def rows(folder):
    paths = (folder / "target").glob(".keras2to3/*/rows/*.jsonl")
    return {row["name"]: row for path in paths for row in map(json.loads, path.read_text().splitlines())}


def test_a_store_that_stays_busy_ends_the_shard_and_costs_no_source(sources, monkeypatch, tmp_path):
    done, told = checked(
        sources, lambda method, path, _: 503 if of_model(method, path) else None, monkeypatch, tmp_path
    )
    assert 2 < told[503] < 50
    assert done.code == 8, done.lines
    assert f"{sources}/in/b.h5: " in done.lines
    assert "Traceback" not in done.lines
    assert not list((tmp_path / "target").glob(".keras2to3/*/shards/*"))
    again = keras2to3("check", f"{sources}/in", "--output-dir", "target", cwd=tmp_path)
    assert again.code == 4, again.lines
    assert "is not an HDF5 file" in rows(tmp_path)["b"]["message"]


def test_a_source_that_may_not_be_read_costs_itself_alone(sources, monkeypatch, tmp_path):
    done, told = checked(
        sources, lambda method, path, _: 403 if of_model(method, path) else None, monkeypatch, tmp_path
    )
    assert told[403] > 0
    assert done.code == 4, done.lines
    assert f"{sources}/in/b.h5 cannot be read" in rows(tmp_path)["b"]["message"]
    assert rows(tmp_path)["text/a"]["status"] == "refused"


def test_a_slow_store_is_waited_for(sources, s3, models, monkeypatch, tmp_path):
    s3.put_file(str(models / "team-1" / "model-1.h5"), f"{sources.removeprefix('s3://')}/in/b.h5")
    done, told = checked(
        sources, lambda method, path, _: "slow" if of_model(method, path) else None, monkeypatch, tmp_path
    )
    assert told["slow"] > 0
    assert rows(tmp_path)["b"]["status"] == "ready", done.lines


def test_a_connection_that_is_lost_in_a_content_goes_on_there(sources, s3, models, monkeypatch, tmp_path):
    s3.put_file(str(models / "team-1" / "model-1.h5"), f"{sources.removeprefix('s3://')}/in/b.h5")
    done, told = checked(
        sources,
        lambda method, path, asked: "cut" if of_model(method, path) and asked == 0 else None,
        monkeypatch,
        tmp_path,
    )
    assert told["cut"] == 1
    assert rows(tmp_path)["b"]["status"] == "ready", done.lines


def test_what_changes_while_it_is_read_is_never_taken_for_a_model(sources, s3, models, monkeypatch, tmp_path):
    place = f"{sources.removeprefix('s3://')}/in/b.h5"
    content = (models / "team-1" / "model-1.h5").read_bytes()
    s3.pipe_file(place, content)

    def change(method, path, asked):
        if not of_model(method, path):
            return None
        if asked:  # for the rest of it
            s3.pipe_file(place, content[:-4] + b"\1\2\3\4")
            return None
        return "cut"

    done, told = checked(sources, change, monkeypatch, tmp_path)
    assert told["cut"] == 1
    assert done.code == 4, done.lines
    assert rows(tmp_path)["b"]["status"] == "failed"
    assert rows(tmp_path)["b"]["exit_code"] == 3
    assert "has changed since it was listed" in rows(tmp_path)["b"]["message"]
