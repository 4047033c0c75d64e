"""The notebook of the documentation, run in a kernel that has no packages but Jupyter's, as its reader would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keras2to3.environments.installers import cleaned_environ, python_of
from tests import release
from tests.support import tools
from tests.support.paths import ROOT

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
RUN = ROOT / "tests" / "support" / "run_notebook.py"
Cell = dict[str, Any]


def cells(path: Path) -> list[Cell]:
    """The cells with code."""
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def texts(cell: Cell) -> Iterator[str]:
    """What a cell prints and shows."""
    for output in cell["outputs"]:
        yield "".join(output.get("text", ())).replace("\r\n", "\n")  # as a terminal ends lines
        yield from ("".join(shown) for shown in output.get("data", {}).values())


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with Jupyter and what the wheel depends on: pip finds all of it, and needs no index."""
    folder = tmp_path_factory.mktemp("kernel")
    release.run(sys.executable, "-m", "virtualenv", "--no-periodic-update", folder, folder=folder.parent)
    pythons = (Path(sys.executable), tools.python_with("docs"))
    packages = [path for python in pythons for path in tools.packages_of(python)]
    (site,) = tools.packages_of(python_of(folder))
    (site / "packages.pth").write_text("\n".join(map(str, packages)), encoding="utf-8")
    return python_of(folder)


@pytest.fixture(scope="module")
def executed(kernel: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Cell]:
    """The cells with what they print. The environments of the tests are those that the notebook finds built."""
    folder = tmp_path_factory.mktemp("notebook")
    (wheel,) = release.build(tools.python_with("release"), folder)[1:]
    shutil.copy(ROOT / "examples" / release.EXAMPLE, folder)
    variables = {
        "PATH": f"{kernel.parent}{os.pathsep}{os.environ['PATH']}",
        "KERAS2TO3_HOME": str(tools.python_with("keras2").parents[2]),
        "PIP_NO_INDEX": "1",
        "UV_OFFLINE": "1",
    }
    command = (str(kernel), str(RUN), str(NOTEBOOK), "executed.ipynb")
    done = subprocess.run(
        command, cwd=folder, env={**cleaned_environ(), **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert wheel.is_file()
    return cells(folder / "executed.ipynb")


def test_its_cells_print_what_the_page_shows(executed: list[Cell]) -> None:
    written = cells(NOTEBOOK)
    assert len(executed) == len(written) > 6
    for cell, shown in zip(executed, written):
        if "varies" not in cell["metadata"].get("tags", ()):
            assert "".join(texts(cell)) == "".join(texts(shown))


def test_it_has_no_escape_codes_and_draws_over_nothing(executed: list[Cell]) -> None:
    printed = [text for cell in executed for text in texts(cell)]
    assert any("keras2" in text for text in printed)
    assert [text for text in printed if "\x1b" in text or "\r" in text] == []


def test_the_page_of_the_report_is_shown(executed: list[Cell]) -> None:
    assert any("<iframe srcdoc=" in text for text in texts(executed[-2]))
