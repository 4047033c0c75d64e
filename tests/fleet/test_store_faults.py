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
