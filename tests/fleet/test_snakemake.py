"""The recipe for Snakemake, run by a Snakemake of this machine."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.fleet.conftest import PYTHONS, keras2to3
from tests.support.paths import ROOT

SNAKEMAKE = os.environ.get("SNAKEMAKE") or shutil.which("snakemake")

pytestmark = pytest.mark.skipif(SNAKEMAKE is None, reason="no Snakemake: install it, or let SNAKEMAKE name it")


def snakemake(folder, *settings):
    words = [SNAKEMAKE, "-s", ROOT / "templates" / "Snakefile", "--cores", "2", "--keep-going", "--config", *settings]
    environment = {**os.environ, "PYTHONPATH": "", "HOME": str(folder)}
    return subprocess.run(words, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def test_every_shard_is_run_and_merged(models, plain, tmp_path):
    target = tmp_path / "the target"
    words = ["plan", models, "--root", models, "--output-dir", target, "--models-per-shard", "3", "--json"]
    planned = keras2to3(*words, cwd=tmp_path)
    assert planned.code == 0, planned.lines
    document = json.loads(planned.lines[planned.lines.index("{") :])
    command = tmp_path / "keras2to3.sh"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m keras2to3 "$@"\n')
    command.chmod(0o755)
    settings = [f"target={target}", f"run={document['run']}", f"shards={document['shards']}", f"command={command}"]
    done = snakemake(tmp_path, *settings, f"options={' '.join([*PYTHONS, '--jobs', '1'])}")
    assert done.returncode == 0, done.stderr
    assert json.loads((target / "summary.json").read_text())["counts"] == {"failed": 1, "verified": 4}
    assert {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*.keras")} == plain


def test_a_shard_that_is_not_done_is_tried_again_and_told(tmp_path):
    command = tmp_path / "keras2to3.sh"
    command.write_text('#!/bin/sh\necho "$@" >> words; test "$1-$3" != shard-1 && exit 3; exit 8\n')
    command.chmod(0o755)
    done = snakemake(tmp_path, "target=s3://a/b", "run=ab12", "shards=2", f"command={command}")
    assert done.returncode != 0
    words = (tmp_path / "words").read_text().splitlines()
    assert sorted(words) == ["shard s3://a/b 0 --run ab12", *["shard s3://a/b 1 --run ab12"] * 4]
