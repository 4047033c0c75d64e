"""The recipes for schedulers: valid, and what they run is the shard that the scheduler numbers."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tomllib
import yaml

from interchange.errors import Exit
from keras2to3.cli.command_line import check_words, parse
from keras2to3.environments import builder
from keras2to3.options.shards import ShardOptions
from tests.support import ci_formats, ci_steps
from tests.support.paths import ROOT

TEMPLATES = ROOT / "templates"
FAKE = 'printf "%s\\0" "$@" > words; exit "${FAKE_CODE:-0}"'
NOT_DONE = {Exit.INTERNAL, Exit.USAGE, Exit.ENVIRONMENT, Exit.INTERRUPTED}


def run(words: list[str], folder: Path, code: int = 0, **variables: str) -> tuple[int, list[str]]:
    """The exit code of a recipe, and the words that `keras2to3` gets, which ends with `code`."""
    ci_steps.program(folder / "bin" / "keras2to3", FAKE)
    places = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "FAKE_CODE": str(code)}
    done = subprocess.run(words, cwd=folder, env={**places, **variables}, check=False, timeout=60)
    return done.returncode, (folder / "words").read_text().split("\0")[:-1]


def job() -> Any:
    return yaml.safe_load((TEMPLATES / "kubernetes-job.yaml").read_text())


def container() -> Any:
    (found,) = job()["spec"]["template"]["spec"]["containers"]
    return found


def kubernetes(folder: Path, code: int = 0) -> tuple[int, list[str]]:
    variables = {each["name"]: each["value"] for each in container()["env"]}
    return run([*container()["command"], *container()["args"]], folder, code, JOB_COMPLETION_INDEX="17", **variables)


def slurm(folder: Path, code: int = 0) -> tuple[int, list[str]]:
    words = ["bash", str(TEMPLATES / "slurm.sh"), "s3://models/keras3"]
    return run(words, folder, code, SLURM_ARRAY_TASK_ID="17")


def test_the_job_is_one_of_kubernetes():
    ci_formats.check(job(), "kubernetes-job")


@pytest.mark.parametrize("path", [("spec", "completionMod"), ("spec", "template", "spec", "containerz")])
def test_the_schema_refuses_what_kubernetes_does(path):
    wrong = job()
    place = wrong
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = "Indexed"
    with pytest.raises(ci_formats.jsonschema.ValidationError):
        ci_formats.check(wrong, "kubernetes-job")


@pytest.mark.parametrize("recipe", [kubernetes, slurm])
def test_a_task_runs_the_shard_of_its_number(recipe, tmp_path):
    code, words = recipe(tmp_path)
    options = parse(words)
    assert code == 0
    assert isinstance(options, ShardOptions)
    assert (options.target, options.number) == ("s3://models/keras3", 17)


@pytest.mark.parametrize("code", list(Exit))
@pytest.mark.parametrize("recipe", [kubernetes, slurm])
def test_a_task_fails_only_if_its_shard_is_not_done(recipe, code, tmp_path):
    assert recipe(tmp_path, code)[0] == (code if code in NOT_DONE else 0)


def test_options_follow_the_target_on_slurm(tmp_path):
    words = ["bash", str(TEMPLATES / "slurm.sh"), "out put", "--jobs", "1"]
    assert run(words, tmp_path, SLURM_ARRAY_TASK_ID="0")[1] == ["shard", "out put", "0", "--jobs", "1"]


def test_the_pod_has_no_rights_and_the_user_of_the_image():
    pod, own = job()["spec"]["template"]["spec"], container()["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert own == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    (user,) = re.findall(r"^USER (\d+)$", (TEMPLATES / "Dockerfile").read_text(), re.MULTILINE)
    assert pod["securityContext"]["runAsUser"] == int(user)


def image() -> list[str]:
    """The steps of the image, each a line."""
    text = (TEMPLATES / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_what_the_image_installs_is_there_to_be_installed():
    (package,) = re.findall(r'^ARG PACKAGE="keras2to3\[(.+)\]"$', "\n".join(image()), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(package.split(",")) <= project["optional-dependencies"].keys()
    (python,) = re.findall(r"^FROM python:(3\.\d+)-slim$", "\n".join(image()), re.MULTILINE)
    assert all(python in builder.PYTHONS[name] for name in ("command", "keras2", "keras3"))


def test_the_environments_of_the_image_are_where_its_command_looks():
    (home,) = re.findall(rf"^ENV {builder.HOME_VARIABLE}=(\S+)$", "\n".join(image()), re.MULTILINE)
    assert f"install --directory --owner keras2to3 {home} " in "\n".join(image())


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("useradd") is None, reason="adds a user, as root")
def test_the_user_of_the_image_is_made_with_its_number_and_its_home(tmp_path):
    (step,) = re.findall(r"^RUN (useradd .*?)\s+&&", "\n".join(image()), re.MULTILINE)
    (tmp_path / "etc").mkdir()
    for name in ("passwd", "group", "shadow"):
        (tmp_path / "etc" / name).write_text("")
    words = shlex.split(step)
    subprocess.run([words[0], "--prefix", str(tmp_path), *words[1:]], check=True, timeout=60)
    (user,) = (tmp_path / "etc" / "passwd").read_text().splitlines()
    name, _, number, *_, home, _ = user.split(":")
    assert f"USER {number}" in image()
    assert f"WORKDIR {home}" in image()
    assert f"rm -rf {home}/.cache" in "\n".join(image())
    assert name == "keras2to3"


def test_the_steps_of_the_image():
    lines = image()
    steps = [line.partition(" ")[::2] for line in lines]
    assert {name for name, _ in steps} == {"FROM", "ARG", "RUN", "ENV", "USER", "WORKDIR", "ENTRYPOINT"}
    commands = [part.split() for name, step in steps if name == "RUN" for part in step.split("&&")]
    built = next(words for words in commands if words[0] == "keras2to3")
    check_words(built[1:])
    names = [name for name, _ in steps]
    assert names.index("USER") < lines.index(next(line for line in lines if line.startswith("RUN keras2to3")))
    for name, step in steps:
        if name == "RUN":
            assert subprocess.run(["sh", "-nc", step], check=False).returncode == 0, shlex.quote(step)
