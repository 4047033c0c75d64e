"""Models that a registry of MLflow has, whose versions get a tag with what has become of them."""

import json
import os
import subprocess

import pytest

from tests.fleet.conftest import KERAS2, PYTHONS, keras2to3
from tests.fleet.failing_store import failing

pytestmark = pytest.mark.filterwarnings("default")  # MLflow calls what SQLAlchemy warns of

TEXTS = {"MLmodel": "flavors: {}\n", "conda.yaml": "name: a\n", "requirements.txt": "keras\n"}
SAVED_MODEL = """
import sys
import keras
keras.utils.set_random_seed(1)
keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(sys.argv[1])
"""


def client():
    from mlflow.tracking import MlflowClient

    return MlflowClient()


@pytest.fixture(scope="module")
def registry(s3, models, tmp_path_factory):
    """A registry in a database: of `fraud` two versions, of `churn` one with a SavedModel, and artifacts in a store."""
    folder = tmp_path_factory.mktemp("registry")
    model = (models / "team-1" / "model-1.h5").read_bytes()
    subprocess.run([KERAS2, "-W", "ignore", "-c", SAVED_MODEL, folder / "model"], check=True, capture_output=True)
    s3.put(f"{folder / 'model'}/", "bucket/artifacts/churn/1/data/model/", recursive=True)
    for place, content in {"fraud/1": model, "fraud/2": b"no model"}.items():
        s3.pipe_file(f"bucket/artifacts/{place}/data/model.h5", content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/registry.db")
        patch.setenv("MLFLOW_TRACKING_PASSWORD", "the-secret")
        patch.setenv("MLFLOW_S3_ENDPOINT_URL", os.environ["AWS_ENDPOINT_URL"])
        mlflow = client()
        for name, number in (("fraud", "1"), ("fraud", "2"), ("churn", "1")):
            if number == "1":
                mlflow.create_registered_model(name)
            for text, content in TEXTS.items():
                s3.pipe_file(f"bucket/artifacts/{name}/{number}/{text}", content.encode())
            source = f"s3://bucket/artifacts/{name}/{number}"
            mlflow.create_model_version(name, source, tags={"team": name})
        yield mlflow


def tags(registry, name, version):
    found = registry.get_model_version(name, version).tags
    return {tag.removeprefix("keras2to3."): value for tag, value in found.items() if tag.startswith("keras2to3.")}


@pytest.fixture(scope="module")
def migrated(registry, tmp_path_factory):
    folder = tmp_path_factory.mktemp("migrated")
    return folder, keras2to3(
        "migrate", "mlflow:///?filter=name='fraud'", "--output-dir", "target", *PYTHONS, cwd=folder
    )


def test_versions_of_the_filter_are_migrated(migrated):
    folder, done = migrated
    assert done.code == 3, done.lines
    target = folder / "target"
    assert [path.relative_to(target).as_posix() for path in target.rglob("*.keras")] == ["fraud/1/data/model.keras"]
    report = json.loads((target / "fraud/1/data/model.report.json").read_text())
    assert report["source"]["path"] == "mlflow:///fraud/1/data/model.h5"
    assert "1 failed, 1 verified" in done.lines or "1 verified, 1 failed" in done.lines


def test_a_version_has_the_verdict_and_its_place(migrated, registry):
    target = migrated[0] / "target"
    assert tags(registry, "fraud", "1") == {
        "status": "verified",
        "result": f"{target}/fraud/1/data/model.keras",
        "report": f"{target}/fraud/1/data/model.report.json",
    }
    assert tags(registry, "fraud", "2") == {
        "status": "failed",
        "report": f"{target}/fraud/2/data/model.report.json",
    }
    assert tags(registry, "churn", "1") == {}


def test_credentials_are_nowhere(migrated):
    folder, done = migrated
    assert "the-secret" not in done.lines
    assert all(b"the-secret" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_tags_that_a_run_has_not_set_are_set_by_the_next_one(migrated, registry):
    registry.delete_model_version_tag("fraud", "1", "keras2to3.status")
    for record in (migrated[0] / "target").glob(".keras2to3/*/shards/*"):
        record.unlink()
    done = keras2to3("migrate", "mlflow:///?filter=name='fraud'", "--output-dir", "target", *PYTHONS, cwd=migrated[0])
    assert done.code == 3, done.lines
    assert tags(registry, "fraud", "1")["status"] == "verified"


def test_a_saved_model_of_a_version_is_one_source(registry, tmp_path):
    done = keras2to3("check", "mlflow:///?filter=tags.team%3D'churn'", "--output-dir", "target", cwd=tmp_path)
    assert done.code == 0, done.lines
    (rows,) = (tmp_path / "target").glob(".keras2to3/*/rows/*.jsonl")
    (row,) = map(json.loads, rows.read_text().splitlines())
    assert (row["source"], row["name"]) == ("mlflow:///churn/1/data/model", "churn/1/data/model")
    assert tags(registry, "churn", "1") == {}


@pytest.mark.parametrize(
    ("place", "words", "code", "told"),
    [
        ("mlflow:///?filter=nonsense", [], 8, "Invalid"),
        ("mlflow:///?stage=Production", [], 2, "stage is no setting of a registry"),
        ("mlflow:///?filter=name='nothing'", [], 3, "holds no model"),
        ("mlflow://u:the-secret@host", [], 2, "a URL with credentials"),
        ("models", ["--output-dir", "mlflow:///"], 2, "a registry of MLflow holds no results"),
    ],
)
def test_bad_input_is_told(registry, place, words, code, told, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.h5").write_bytes(b"no model")
    done = keras2to3("check", place, *(words or ["--output-dir", "target"]), cwd=tmp_path)
    assert done.code == code, done.lines
    assert told in done.lines
    assert "the-secret" not in done.lines
    assert "Traceback" not in done.lines


def test_a_registry_that_refuses_is_told_without_the_password(monkeypatch, tmp_path):
    with failing("127.0.0.1:9", lambda *_: 403) as (url, told):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url.replace("://", "://user:the-secret@"))
        done = keras2to3("check", "mlflow:///", "--output-dir", "target", cwd=tmp_path)
    assert told[403] > 0
    assert done.code == 8, done.lines
    assert "the-secret" not in done.lines
