"""What installers print becomes a line on how far they are."""

from __future__ import annotations

import io
import threading

import pytest

from keras2to3 import terminal
from keras2to3.environments import progress
from keras2to3.environments.progress import Progress, told


def after(*lines: str) -> str:
    read = Progress(clock=lambda: 0.0)
    for line in lines:
        read.read(line)
    return read.text()


def test_uv_counts_what_has_arrived() -> None:
    lines = ["Downloading numpy (15.0MiB)", "Downloading tensorflow-cpu (207.0MiB)", " Downloaded numpy"]
    assert after() == "choosing the packages (0 s)"
    assert after(*lines) == "downloading: 15 MB so far (0 s)"
    assert after(*lines, " Downloaded tensorflow-cpu", "Prepared 2 packages in 9s") == "installing the packages (0 s)"


def test_pip_counts_bytes() -> None:
    lines = [
        "  Downloading a-1-py3-none-any.whl (4.0 MB)",
        "Progress 4000000 of 4000000",
        "Progress 2000000 of 9000000",
    ]
    assert after(*lines) == "downloading: 6 MB so far (0 s)"
    assert after(*lines, "Installing collected packages: a, b") == "installing the packages (0 s)"


@pytest.mark.parametrize("line", ["Progress 1 of 2", "  Progress 1 of 2\n"])
def test_numbers_alone_are_nothing_for_a_log(line: str) -> None:
    assert Progress().read(line)
    assert not Progress().read("Downloading numpy (15.0MiB)")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LOG_SECONDS", 0.01)
    monkeypatch.setattr(progress, "_TERMINAL_SECONDS", 0.01)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name in terminal._HOSTS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("kind", [io.StringIO, Terminal], ids=["a log", "a notebook"])
def test_where_nothing_can_be_redrawn_there_is_a_line_now_and_then(
    kind: type[io.StringIO], quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_PARENT_PID", "1234")
    said: list[str] = []
    heard = threading.Event()
    stream = kind()
    with told(Progress(clock=lambda: 0.0), lambda text: (said.append(text), heard.set())[0], stream) as say:
        assert heard.wait(10)
        say("Downloading numpy (15.0MiB)")
    assert said[0] == "  choosing the packages (0 s)"
    assert "Downloading numpy (15.0MiB)" in said
    assert stream.getvalue() == ""


def test_a_terminal_has_one_line_that_is_redrawn_and_removed(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    drawn = threading.Event()
    stream = Terminal()
    draw = progress._Line.draw

    def drawing(line: progress._Line, text: str) -> None:
        draw(line, text)
        drawn.set()

    monkeypatch.setattr(progress._Line, "draw", drawing)
    with told(Progress(clock=lambda: 0.0), said.append, stream) as say:
        assert drawn.wait(10)
        say("Downloading numpy (15.0MiB)")
    assert said == ["Downloading numpy (15.0MiB)"]
    assert "\r  choosing the packages (0 s)" in stream.getvalue()
    assert "\n" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().endswith("\r")
