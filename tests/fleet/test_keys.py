"""Keys of a store that are no plain paths."""

import json

import pytest

from tests.fleet.conftest import keras2to3

LONG = "/".join(["a" * 200] * 5)[: 1024 - len("keys/long/") - len(".h5")]
KEYS = {
    "s3": ["above/up/../../secret.h5", f"long/{LONG}.h5", "quoted/a \"b\" 'c' $(touch d) %41.h5"],
    "file": ["line/new\nline.h5", f"long/{LONG}.h5", "quoted/a \"b\" 'c' $(touch d) %41.h5", "\udcff.h5"],
}
"""By the store those that it takes: the S3 of the tests knows no line breaks, and a file system no `..`."""


@pytest.mark.parametrize("kind", KEYS)
def test_every_key_is_a_source_of_its_own(kind, s3, models, tmp_path):
    content = (models / "team-1" / "model-1.h5").read_bytes()
    url = "s3://bucket/keys" if kind == "s3" else f"file://{tmp_path}/keys"
    for key in (*KEYS[kind], "case/Model.h5", "case/model.h5"):
        if kind == "s3":
            s3.pipe_file(f"bucket/keys/{key}", content)
        else:
            (tmp_path / "keys" / key).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "keys" / key).write_bytes(content)
    done = keras2to3("check", url, "--output-dir", "target", cwd=tmp_path)
    assert done.code == 2, done.lines  # of the two whose names differ in case alone
    paths = (tmp_path / "target").glob(".keras2to3/*/rows/*")
    rows = [json.loads(line) for path in paths for line in path.read_bytes().splitlines()]
    statuses = {row["source"].rpartition("/keys/")[2]: row["status"] for row in rows}
    refused = dict.fromkeys(("case/Model.h5", "case/model.h5"), "failed")
    assert statuses == {**dict.fromkeys(KEYS[kind], "ready"), **refused}
    names = [row["name"] for row in rows if row["name"]]
    assert len({name.casefold() for name in names}) == len(names) == len(KEYS[kind])
    assert all(".." not in name.split("/") and "\n" not in name for name in names)
    assert not list(tmp_path.rglob("d"))
    assert not list(tmp_path.rglob("secret.h5"))
