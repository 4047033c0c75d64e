"""The shell steps of the action and of the GitLab template, run as their CI would run them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.paths import ROOT

_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


def action() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text())


def template() -> Any:
    return yaml.safe_load((ROOT / "templates" / "gitlab-ci.yml").read_text())


def substituted(text: str, values: Mapping[str, str]) -> str:
    """A text with the value of each `${{ expression }}`; every one must have a value."""
    return _EXPRESSION.sub(lambda match: values[match[1]], text)


def bash(script: str, cwd: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script with bash, with the options of GitHub's runner."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    whole = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment}
    return subprocess.run(command, cwd=cwd, env=whole, capture_output=True, text=True, timeout=600, check=False)


def step(name: str, cwd: Path, inputs: Mapping[str, str], environment: Mapping[str, str]) -> tuple[int, dict[str, str]]:
    """Run a step of the action; its exit code and outputs. Inputs that are not given have their defaults."""
    given = {**{key: str(each.get("default", "")) for key, each in action()["inputs"].items()}, **inputs}
    values = {f"inputs.{key}": value for key, value in given.items()}
    values |= {"github.action_path": str(ROOT), "runner.tool_cache": str(cwd / "tools")}
    (found,) = (each for each in action()["runs"]["steps"] if each["name"] == name)
    own = {key: substituted(text, values) for key, text in found.get("env", {}).items()}
    outputs = cwd / "github-output"
    outputs.write_text("")
    places = {"GITHUB_OUTPUT": str(outputs), "GITHUB_PATH": str(cwd / "github-path"), "RUNNER_TEMP": str(cwd / "temp")}
    assert "${{" not in found["run"], "an input that is written into a script is run by the shell"
    done = bash(found["run"], cwd, {**places, **own, **environment})
    print(done.stdout, done.stderr)
    rows = (line.partition("=") for line in outputs.read_text().splitlines())
    return done.returncode, {key: value for key, _, value in rows}


def job(cwd: Path, variables: Mapping[str, str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the scripts of the GitLab template after one another, as its runner does."""
    found = template()[".keras2to3"]
    given = {**found["variables"], **variables}
    project = {"CI_PROJECT_DIR": str(cwd), **environment}
    given = {key: value.replace("$CI_PROJECT_DIR", str(cwd)) for key, value in given.items()}
    return bash("\n".join(found["script"]), cwd, {**given, **project})


def program(path: Path, script: str) -> None:
    """Write a program of bash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)
