"""A live table on terminals alone: logs, CI and notebooks have plain lines, which nothing draws over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import TextIO

import pytest

from keras2to3.cli import main
from keras2to3.options.commands import Display
from keras2to3.reports.console import Lines
from keras2to3.reports.live_table import Table

IPYKERNEL = {"TERM": "xterm-color", "CLICOLOR": "1", "FORCE_COLOR": "1", "PAGER": "cat", "GIT_PAGER": "cat"}
PLAIN: dict[str, Mapping[str, str]] = {
    "CI": {"TERM": "xterm-256color", "CI": "true"},
    "Emacs": {"TERM": "dumb"},
    "no entry": {"TERM": "unknown"},
    "Jupyter": {**IPYKERNEL, "JPY_PARENT_PID": "1234"},
    "VS Code": {**IPYKERNEL, "VSCODE_PID": "1"},
    "Colab": {**IPYKERNEL, "COLAB_RELEASE_TAG": "release-colab_20261120", "COLAB_GPU": ""},
    "Kaggle": {"TERM": "xterm", "KAGGLE_KERNEL_RUN_TYPE": "Interactive"},
    "Databricks": {"TERM": "xterm", "DATABRICKS_RUNTIME_VERSION": "17.3"},
}
DRAWN: dict[str, Mapping[str, str]] = {
    "terminal": {"TERM": "xterm-256color"},
    "terminal without colours": {"TERM": "xterm-256color", "NO_COLOR": "1"},
    "xterm with a pager of its own": {"TERM": "xterm-color", "PAGER": "less"},
    "screen": {"TERM": "screen", "GIT_PAGER": "cat"},
}


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """The end of a pseudo terminal that a command would print to."""
    ends = os.openpty()
    with os.fdopen(ends[1], "w", encoding="utf-8") as stream:
        yield stream
    os.close(ends[0])


def shown(terminal: TextIO, variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Lines:
    for name in {"NO_COLOR", *(name for names in (*PLAIN.values(), *DRAWN.values()) for name in names)}:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", terminal)
    return main._show(Display())


@pytest.mark.parametrize("name", PLAIN)
def test_where_nothing_can_be_redrawn_there_are_plain_lines(
    name: str, terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert type(shown(terminal, PLAIN[name], monkeypatch)) is Lines


@pytest.mark.parametrize("name", DRAWN)
def test_a_terminal_has_a_table(name: str, terminal: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    table = shown(terminal, DRAWN[name], monkeypatch)
    assert isinstance(table, Table)
    assert table._console.no_color == ("NO_COLOR" in DRAWN[name])


def test_a_pipe_has_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        assert type(shown(stream, {"TERM": "xterm"}, monkeypatch)) is Lines
    os.close(reader)
