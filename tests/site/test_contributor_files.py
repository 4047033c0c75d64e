"""What contributors and other programs read besides the documentation is valid, and says what the project says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tomllib
import yaml

from tests.support.paths import ROOT

FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
SCHEMAS = {
    ".github/ISSUE_TEMPLATE/config.yml": "github-issue-config",
    ".github/workflows/ci.yml": "github-workflows",
    "CITATION.cff": "citation-file-format",
    **{str(path.relative_to(ROOT)): "github-issue-forms" for path in FORMS},
}


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def schema_check(schema: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path))
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_valid_by_its_schema(name: str) -> None:
    done = schema_check(SCHEMAS[name], ROOT / name)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("schema", sorted(set(SCHEMAS.values())))
def test_a_schema_refuses_what_is_wrong(schema: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("contact_links: 1\njobs: 1\nbody: 1\nauthors: 1\n", encoding="utf-8")
    assert schema_check(schema, wrong).returncode == 1


def test_the_workflow_tries_every_python_and_system() -> None:
    matrix = read(".github/workflows/ci.yml")["jobs"]["command"]["strategy"]["matrix"]
    told = re.findall(r"Python :: (3\.\d+)", "\n".join(project()["classifiers"]))
    assert matrix["python"] == told == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_the_citation_is_of_this_version() -> None:
    citation, told = read("CITATION.cff"), project()
    assert (citation["title"], citation["version"], citation["license"]) == (
        told["name"],
        told["version"],
        told["license"],
    )


def test_the_changelog_has_the_form_it_names() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", version) for version in versions[1:])
    groups = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= groups


# The hook


RECORDER = """#!{python}
import pathlib, sys
pathlib.Path("called.txt").write_text("\\n".join(sys.argv[1:]))
sys.exit(4 if "models/bad.h5" in sys.argv else 0)
"""


def git(*words: str, folder: Path) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(("git", *identity, *words), cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(("name", "passes"), [("good", True), ("bad", False)])
def test_pre_commit_checks_the_models_that_a_commit_touches(name: str, passes: bool, tmp_path: Path) -> None:
    """Run pre-commit itself, with a command in place of ours that notes what it is called with."""
    project, programs = tmp_path / "project", tmp_path / "bin"
    (project / "models").mkdir(parents=True)
    programs.mkdir()
    command = programs / "keras2to3"
    command.write_text(RECORDER.format(python=sys.executable), encoding="utf-8")
    command.chmod(0o755)
    (hook,) = read(".pre-commit-hooks.yaml")
    hooks = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "unsupported"}]}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(hooks), encoding="utf-8")
    git("init", "--quiet", folder=project)
    (project / "models" / "before.h5").write_bytes(b"")
    git("add", ".", folder=project)
    git("commit", "--quiet", "-m", "before", folder=project)
    for file in (f"models/{name}.h5", "models/notes.txt"):
        (project / file).write_bytes(b"")
    git("add", ".", folder=project)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "home"),
    }
    done = subprocess.run(
        (sys.executable, "-m", "pre_commit", "run"),
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is passes, done.stdout
    assert (project / "called.txt").read_text(encoding="utf-8").splitlines() == ["check", f"models/{name}.h5"]


def test_the_manifest_of_the_hook_is_valid() -> None:
    command = (sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
