"""The examples of the page on the functions for Python, run in a folder with the models that they name."""

from __future__ import annotations

import doctest
import shutil
from pathlib import Path

from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "handbook" / "python-api.md"


def prepare(folder: Path) -> None:
    """The model of the examples, and a file that is none."""
    shutil.copy(ROOT / "examples" / "code_or_prose.h5", folder)
    (folder / "notes.h5").write_text("This is no model.")


def failures() -> tuple[int, str]:
    """How many examples are tried in the current folder, and what is wrong with them."""
    text = PAGE.read_text(encoding="utf-8").replace("```", "")
    test = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=told.append)
    return len(test.examples), "".join(told)
