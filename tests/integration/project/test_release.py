"""The sdist and the wheel: built, checked, and used outside of the clone."""

from __future__ import annotations

import email
import re
import site
import tarfile
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from keras2to3.environments import builder
from tests import release
from tests.support.paths import ROOT
from tests.support.tools import python_with


@pytest.fixture(scope="module")
def tools() -> Path:
    return python_with("release")


@pytest.fixture(scope="module")
def built(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return release.build(tools, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def metadata(built: list[Path]) -> Message:
    with zipfile.ZipFile(built[-1]) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def test_both_pass_the_checks_of_an_index(tools: Path, built: list[Path]) -> None:
    release.check(tools, built)


def test_the_wheel_works_outside_of_the_clone(built: list[Path], tmp_path: Path) -> None:
    packages = [Path(folder) for folder in site.getsitepackages()]
    python = release.install(built[-1], tmp_path / "environment", packages)
    printed = release.use(python, tmp_path)
    assert "keras2to3 0.1.0" in printed
    assert "usage: keras2to3" in printed
    assert "1 source: 1 would be tried" in printed
    assert printed.splitlines()[-1].startswith(str(tmp_path / "environment"))


def test_the_documentation_names_the_wheel_that_is_built(built: list[Path]) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "docs" / "notebook.ipynb"]
    told = {
        name: page for page in pages for name in re.findall(r"keras2to3-[\w.]+-py3-\S+?\.whl", page.read_text("utf-8"))
    }
    assert set(told) == {built[-1].name}


def test_the_wheel_has_all_that_the_workers_run(built: list[Path]) -> None:
    with zipfile.ZipFile(built[-1]) as archive:
        names = set(archive.namelist())
    for folder in ("exporter", "importer", "interchange", "bytecode", "translation", "envs"):
        tracked = {path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
        assert tracked
        missing = {f"keras2to3/_payload/{path.relative_to(ROOT).as_posix()}" for path in tracked} - names
        assert missing == set()
    assert "keras2to3/py.typed" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"keras2to3"}


def test_the_sdist_has_the_tests_and_nothing_that_is_built(built: list[Path]) -> None:
    with tarfile.open(built[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"noxfile.py", "README.md", "LICENSE", "tests/release.py", "examples/code_or_prose.h5"} <= names
    assert not {name.partition("/")[0] for name in names} & {".git", ".nox", ".venv", "dist", "migrated"}
    assert not [name for name in names if "__pycache__" in name]


def test_the_metadata_names_the_pythons_that_serve(metadata: Message) -> None:
    prefix = "Programming Language :: Python :: 3."
    named = {line.removeprefix(prefix) for line in metadata.get_all("Classifier", []) if line.startswith(prefix)}
    assert {f"3.{minor}" for minor in named} == set(builder.PYTHONS["command"])
    assert metadata["Requires-Python"] == f">=3.{min(named, key=int)}"
    assert metadata["License-Expression"] == "Apache-2.0"
