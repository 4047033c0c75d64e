"""The action of GitHub and the template of GitLab: valid, and their shell steps do what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keras2to3.cli.command_line import parse
from keras2to3.options.commands import Options
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, lambda_layer, sequential
from tests.support import ci_formats, ci_steps
from tests.support.paths import ROOT

RUN = "Run keras2to3"
FAKE = 'printf "%s\\0" "$@" > words; exit "${FAKE_CODE:-0}"'


@pytest.fixture
def fake(tmp_path: Path) -> dict[str, str]:
    """An environment in which `keras2to3` writes its words to a file."""
    ci_steps.program(tmp_path / "bin" / "keras2to3", FAKE)
    return {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}


@pytest.fixture
def real(tmp_path: Path) -> dict[str, str]:
    """An environment in which `keras2to3` is the command, and a folder for models."""
    (tmp_path / "models").mkdir()
    ci_steps.program(tmp_path / "bin" / "keras2to3", f'PYTHONPATH={ROOT} exec {sys.executable} -m keras2to3 "$@"')
    return {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}


def words(folder: Path) -> list[str]:
    return (folder / "words").read_text().split("\0")[:-1]


def test_both_are_valid() -> None:
    ci_formats.check(ci_steps.action(), "github-action")
    job = {"extends": ".keras2to3", "variables": {"KERAS2TO3_SOURCES": "models/"}}
    ci_formats.check({**ci_steps.template(), "models": job}, "gitlab-ci")


def test_every_expression_of_the_action_is_known() -> None:
    known = {f"inputs.{name}" for name in ci_steps.action()["inputs"]}
    known |= {"github.action_path", "runner.tool_cache", "runner.os", "runner.arch", "steps.environments.outputs.key"}
    known |= {f"steps.run.outputs.{name}" for name in ci_steps.action()["outputs"]}
    text = (ROOT / "action.yml").read_text()
    conditions = {each.get("if", "").partition(" ")[0] for each in ci_steps.action()["runs"]["steps"]} - {""}
    assert set(re.findall(r"\$\{\{ *([\w.-]+) *\}\}", text)) | conditions == known
    assert text.count("${{") == len(re.findall(r"\$\{\{ *[\w.-]+ *\}\}", text))


def test_the_action_passes_its_inputs_on_word_by_word(tmp_path: Path, fake: dict[str, str]) -> None:
    inputs = {
        "sources": "models/a b.h5\n$(touch pwned)\n--replace\n\nmodels/*.h5\n",
        "allow": "refused:Lambda",
        "fail-on": "weak,lossy",
        "arguments": "--rtol\n1e-3\n--root\nmy models",
        "output-dir": "new models",
    }
    code, outputs = ci_steps.step(RUN, tmp_path, inputs, {**fake, "FAKE_CODE": "10"})
    assert code == 10
    assert outputs == {
        "exit-code": "10",
        "summary": "new models/summary.json",
        "junit": "new models/junit.xml",
        "sarif": "new models/keras2to3.sarif",
    }
    given = words(tmp_path)
    assert not (tmp_path / "pwned").exists()
    (tmp_path / "my models").mkdir()
    given[given.index("my models")] = str(tmp_path / "my models")
    options = parse(given)
    assert isinstance(options, Options)
    assert list(map(str, options.sources)) == ["models/a b.h5", "$(touch pwned)", "--replace", "models/*.h5"]
    assert (options.allow, options.fail_on, options.rtol) == (("refused:Lambda",), ("weak", "lossy"), 1e-3)
    assert options.junit == Path("new models/junit.xml")


def test_the_action_names_the_report_of_each_command(tmp_path: Path, fake: dict[str, str]) -> None:
    for command, name in (("check", "check.json"), ("roundtrip", "roundtrip.json"), ("rollback", "summary.json")):
        code, outputs = ci_steps.step(RUN, tmp_path, {"command": command, "sources": "a.h5"}, fake)
        assert (code, outputs["exit-code"], outputs["summary"]) == (0, "0", f"migrated/{name}")
        assert words(tmp_path)[0] == command
        assert "--allow" not in words(tmp_path)
        assert "--fail-on" not in words(tmp_path)


def test_the_action_installs_itself_beside_the_job(tmp_path: Path) -> None:
    inside = r'''printf '#!/bin/bash\nprintf "%%s\\n" "$@" > installed\n' > "$3/bin/python"; chmod +x "$3/bin/python"'''
    ci_steps.program(tmp_path / "bin" / "python", f'mkdir -p "$3/bin"; {inside}')
    path = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    code, _ = ci_steps.step("Install keras2to3", tmp_path, {}, path)
    assert code == 0
    assert (tmp_path / "installed").read_text().split() == ["-m", "pip", "install", "--quiet", "uv", str(ROOT)]
    assert (tmp_path / "github-path").read_text() == f"{tmp_path}/temp/keras2to3/bin\n"


def test_the_cache_is_named_by_the_locks_and_the_pythons(tmp_path: Path) -> None:
    found = []
    for version in ("3.11.1", "3.11.2"):
        for name in ("python", "python3.11"):
            ci_steps.program(tmp_path / "bin" / name, f"echo Python {version}")
        path = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
        code, outputs = ci_steps.step("Name the environments", tmp_path, {}, path)
        assert code == 0
        found.append(outputs["key"])
    assert len(set(found)) == 2
    assert all(re.fullmatch("[0-9a-f]{40}", key) for key in found)


def test_the_action_runs_the_command(tmp_path: Path, real: dict[str, str]) -> None:
    hdf5_files.write(tmp_path / "models" / "code.h5", sequential(lambda_layer("scale")))
    hdf5_files.write(tmp_path / "models" / "plain.h5", sequential(dense()))
    inputs = {"command": "check", "sources": "models/"}
    code, outputs = ci_steps.step(RUN, tmp_path, inputs, real)
    assert (code, outputs["exit-code"]) == (4, "4")
    assert json.loads((tmp_path / outputs["summary"]).read_text())["exit_code"] == 4
    code, outputs = ci_steps.step(RUN, tmp_path, {**inputs, "allow": "refused:Lambda"}, real)
    assert code == 0
    assert ci_formats.junit((tmp_path / outputs["junit"]).read_bytes()).get("tests") == "2"
    assert ci_formats.sarif((tmp_path / outputs["sarif"]).read_bytes())["runs"][0]["results"]


def done(ended: subprocess.CompletedProcess[str]) -> int:
    print(ended.stdout, ended.stderr)
    return ended.returncode


def test_the_template_passes_its_variables_on(tmp_path: Path, fake: dict[str, str]) -> None:
    variables = {
        "KERAS2TO3_SOURCES": "models/ more/*.h5",
        "KERAS2TO3_ALLOW": "refused:Lambda",
        "KERAS2TO3_ARGUMENTS": "--rtol 1e-3",
    }
    assert done(ci_steps.job(tmp_path, variables, {**fake, "FAKE_CODE": "6"})) == 6
    options = parse(words(tmp_path))
    assert isinstance(options, Options)
    assert list(map(str, options.sources)) == ["models", "more/*.h5"]
    assert (options.allow, options.fail_on, options.rtol) == (("refused:Lambda",), (), 1e-3)
    assert options.gitlab == Path("migrated/code-quality.json")


def test_the_template_runs_the_command(tmp_path: Path, real: dict[str, str]) -> None:
    hdf5_files.write(tmp_path / "models" / "code.h5", sequential(lambda_layer("scale")))
    variables = {"KERAS2TO3_COMMAND": "check", "KERAS2TO3_SOURCES": "models/"}
    assert done(ci_steps.job(tmp_path, variables, real)) == 4
    reports = ci_steps.template()[".keras2to3"]["artifacts"]["reports"]
    places = {name: tmp_path / text.replace("$KERAS2TO3_OUTPUT_DIR", "migrated") for name, text in reports.items()}
    assert ci_formats.junit(places["junit"].read_bytes()).get("failures") == "1"
    (entry,) = ci_formats.gitlab(places["codequality"].read_bytes())
    assert entry["location"]["path"] == "models/code.h5"
    assert done(ci_steps.job(tmp_path, {**variables, "KERAS2TO3_ALLOW": "refused"}, real)) == 0
