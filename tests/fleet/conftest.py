"""An object store, a few models, and the command."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import boto3
import fsspec
import pytest
from moto.server import ThreadedMotoServer

from tests.support.paths import ROOT

KERAS2, KERAS3 = (os.environ.get(f"KERAS2TO3_ENV_{name}", "") for name in ("KERAS2", "KERAS3"))
PYTHONS = ["--keras2-python", KERAS2, "--keras3-python", KERAS3]
MODELS = """
import pathlib, sys
import keras
folder = pathlib.Path(sys.argv[1])
for number in range(1, 5):
    keras.utils.set_random_seed(number)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(number), keras.layers.LeakyReLU()])
    path = folder / f"team-{number % 2}" / f"model-{number}.h5"
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path, include_optimizer=False)
(folder / "broken.h5").write_bytes(b"no model")
(folder / "notes.txt").write_text("no model either")
"""


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """A folder with four models and a file that is none."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([KERAS2, "-W", "ignore", "-c", MODELS, str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def s3():
    """The file system of an empty S3, whose address and credentials are in the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        use_s3(patch, f"http://{host}:{port}", "bucket")
        yield fsspec.filesystem("s3")
    server.stop()


def use_s3(patch, address, bucket):
    """Put the address of a server and credentials into the environment, and make a bucket."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "the-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
    }.items():
        patch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket=bucket)


@pytest.fixture(scope="session")
def stored(s3, models) -> str:
    """The URL of the models in the store."""
    s3.put(f"{models}/", "bucket/models/", recursive=True)
    return "s3://bucket/models"


@dataclasses.dataclass(frozen=True)
class Done:
    code: int
    lines: str


def keras2to3(*words: object, cwd: Path) -> Done:
    """Run the command to its end."""
    command = [sys.executable, "-m", "keras2to3", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, check=False, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return Done(done.returncode, done.stdout)


@pytest.fixture(scope="session")
def plain(models, tmp_path_factory) -> dict[str, bytes]:
    """What the command writes without shards: the content of each `.keras` by its path."""
    folder = tmp_path_factory.mktemp("plain")
    done = keras2to3("migrate", models, "--root", models, "--output-dir", folder, *PYTHONS, cwd=folder)
    assert done.code == 3, done.lines
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.keras")}
