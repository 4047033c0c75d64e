"""The catalogue of errors: every text is reproduced, found, and told what helps."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from keras2to3.cli.command_line import parse
from tests.models import errors_in_files, errors_in_programs, errors_of_keras2, errors_of_the_command
from tests.support.error_pages import INDEX, Page, assert_shown, cases, pages, pattern
from tests.support.paths import ROOT

MODULES = (errors_in_files, errors_in_programs, errors_of_keras2, errors_of_the_command)
PAGES = pages()

# What people paste into a search, as it is in a traceback: with other names than those of the pages.
PASTED = {
    "Unrecognized keyword arguments passed to LSTM: {'time_major': False}": "unrecognized-time-major",
    "Unrecognized keyword arguments passed to GRU: {'time_major': False}": "unrecognized-time-major",
    "Unrecognized keyword arguments passed to DepthwiseConv2D: {'groups': 1}": "unrecognized-groups",
    "Could not locate class": "could-not-locate-class",
    "Could not locate function 'mse'": "could-not-deserialize-mse",
    "File format not supported": "file-format-not-supported",
    "Unknown layer: 'TFOpLambda'": "unknown-layer-tfoplambda",
    "Unknown layer: 'SlicingOpLambda'": "unknown-layer-slicingoplambda",
    "bad marshal data": "bad-marshal-data",
    "expected 2 variables, but received": "expected-variables",
    "Unrecognized keyword arguments: ['batch_shape']": "keras2-batch-shape",
    "Requested the deserialization of a `Lambda` layer": "lambda-safe-mode",
    "file signature not found": "signature-not-found",
    "No model config found in the file": "no-model-config",
    "A KerasTensor cannot be used as input to a TensorFlow function": "kerastensor-in-tensorflow",
    "could not be deserialized properly": "could-not-locate-class",
    "custom code is needed to load it": "custom-code-needed",
}


def every_page() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))


@pytest.fixture
def files_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that commands on the pages name and that are looked into before anything else."""
    monkeypatch.chdir(tmp_path)
    for name in ("old.py", "new.py", "mine.py"):
        Path(name).write_text("def network(): ...\n\n\ndef function(x): ...\n")
    np.savez("samples.npz", samples=np.ones((1, 3)))
    Path("model.json").write_text("{}")


def test_there_are_as_many_as_were_promised() -> None:
    assert len(PAGES) >= 40


def test_every_text_of_a_page_is_reproduced_and_every_reproducer_has_its_page() -> None:
    reproduced = [(name, len(each)) for module in MODULES for name, each in module.REPRODUCERS.items()]
    assert sorted(reproduced) == sorted((page.name, len(page.texts)) for page in PAGES.values())


@every_page()
def test_the_title_is_of_the_first_text(page: Page) -> None:
    shown = " ".join(page.texts[0].split())
    assert re.search(pattern(page.title), shown), f"{page.title} is not in {shown}"


@every_page()
def test_a_page_says_when_why_and_what_helps(page: Page) -> None:
    headings = re.findall(r"^## (.*)$", page.body, re.MULTILINE)
    assert headings == ["When it comes", "Cause", "With keras2to3", "Without it"]
    assert all(text.strip() for text in re.split(r"^## .*$", page.body, flags=re.MULTILINE))


@every_page()
def test_commands_and_options_that_are_named_exist(page: Page, files_of_the_user: None) -> None:
    known = set(re.findall(r"--[a-z][a-z0-9-]*", (ROOT / "docs/handbook/options.md").read_text(encoding="utf-8")))
    for option in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", page.body):
        assert option in known, option
    blocks = re.findall(r"^```sh\n(.*?)^```", page.body, re.DOTALL | re.MULTILINE)
    for line in "".join(blocks).splitlines():
        if line.startswith("keras2to3 "):
            parse(shlex.split(line)[1:])


def test_the_index_lists_every_page_with_its_title() -> None:
    rows = dict(re.findall(r"^\| \[(.*)\]\(([\w-]+)\.md\) \|", INDEX.read_text(encoding="utf-8"), re.MULTILINE))
    assert {name: title.replace("\\|", "|") for title, name in rows.items()} == {
        page.name: page.title for page in PAGES.values()
    }


@pytest.mark.parametrize("pasted", PASTED)
def test_what_people_paste_is_found_by_a_search_of_the_pages(pasted: str) -> None:
    found = [page.name for page in PAGES.values() if pasted in page.body]
    assert PASTED[pasted] in found


def test_a_text_is_on_one_page() -> None:
    texts = [text for page in PAGES.values() for text in page.texts]
    assert len(texts) == len(set(texts))


@pytest.mark.usefixtures("scan_here")
@pytest.mark.parametrize(("name", "number", "reproduce"), cases(errors_of_the_command.REPRODUCERS))
def test_the_command_prints_what_its_pages_say(
    name: str, number: int, reproduce: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_shown(name, number, str(reproduce()))
