"""What nox builds for the command: nothing for words that are no usage, and never an environment that is given."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from interchange.errors import Exit
from keras2to3.cli import command_line
from keras2to3.environments import builder, supplied
from keras2to3.executors import start
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines
from tests.support.noxfile import VERBS, loaded


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the environments that are asked for; none is built."""
    names: list[str] = []

    def ensure(name: str, *_: object, **__: object) -> Path:
        names.append(name)
        return Path(sys.executable)

    monkeypatch.setattr(builder, "ensure", ensure)
    monkeypatch.setattr(supplied, "require", lambda _: None)  # any python will do
    return names


@pytest.fixture(scope="module")
def noxfile() -> ModuleType:
    return loaded()


def run(noxfile: ModuleType, verb: str, words: Sequence[str]) -> list[str]:
    """The command that a session runs."""
    ran: list[str] = []
    session = SimpleNamespace(
        name=verb,
        posargs=list(words),
        invoked_from=".",
        chdir=lambda _: None,
        log=print,
        run=lambda *command, **_: ran.extend(command),
    )
    getattr(noxfile, verb)(session)
    return ran


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("words", ["", "--help", "-h", "a.h5 --outptu-dir b", "a.h5 --output b", "a.h5 --jobs=0 -x"])
def test_nothing_is_built_for_what_is_no_usage(verb: str, words: str, noxfile: ModuleType, built: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(noxfile, verb, words.split())
    assert ended.value.code == (0 if words in ("--help", "-h") else Exit.USAGE)
    assert built == []


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("words", ["a.h5", "a.h5 b.h5"])
def test_nox_itself_builds_the_environment_of_the_command_alone(
    verb: str, words: str, noxfile: ModuleType, built: list[str]
) -> None:
    assert run(noxfile, verb, words.split())[1:] == ["-c", noxfile.COMMAND, verb, *words.split()]
    assert built == ["command"]


def test_one_session_builds_all_that_migrate_needs(noxfile: ModuleType, built: list[str]) -> None:
    assert run(noxfile, "setup", []) == []
    assert built == ["command", "keras2", "keras3"]


PYTHON = sys.executable
FORMS = {
    "": ["keras2", "keras3"],
    f"--keras2-python={PYTHON}": ["keras3"],
    f"--keras2-python {PYTHON}": ["keras3"],
    f"--keras3-python={PYTHON}": ["keras2"],
    f"--keras3-python {PYTHON}": ["keras2"],
    f"--keras2-python {PYTHON} --keras3-python={PYTHON}": [],
    f"--keras3-python {PYTHON} --keras2-python={PYTHON}": [],
    f"--keras2-python {PYTHON} --keras 3.5.0": ["keras3-oldest"],
}


@pytest.mark.parametrize("words", FORMS)
def test_the_command_builds_what_it_is_not_given(words: str, built: list[str]) -> None:
    options = command_line.parse(["migrate", "a.h5", *words.split()])
    assert isinstance(options, Options)
    start.with_environments(options, Lines(sys.stderr))
    assert built == FORMS[words]


def test_what_nox_says_of_a_command_steers_no_terminal(noxfile: ModuleType) -> None:
    text = "Command python -c 'a\x1b[2J\n/x/forged.h5: verified\u202e.h5' failed with exit code 4"
    record = logging.LogRecord("nox", logging.ERROR, "", 0, text, (), None)
    assert all(each(record) for each in logging.getLogger("nox").filters if callable(each))
    assert record.getMessage().isprintable()
    assert record.getMessage().endswith("failed with exit code 4")
    other = logging.LogRecord("nox", logging.INFO, "", 0, "Running session %s\nand more", ("tests",), None)
    assert noxfile.escape_command(other)
    assert other.getMessage() == "Running session tests\nand more"


def said(noxfile: ModuleType, session: str, *texts: str) -> list[str]:
    """What nox may say while the command runs in a session."""
    word = noxfile.LastWord()
    word.session = session
    records = [logging.LogRecord("nox", logging.ERROR, "", 0, text, (), None) for text in texts]
    return [record.getMessage() for record in records if word.filter(record)]


def test_the_command_has_the_last_word_if_it_told_why_it_fails(noxfile: ModuleType) -> None:
    for code in (1, 4, 8, 10, 130):
        failed = f"Command python -c x failed with exit code {code}"
        assert said(noxfile, "migrate", failed, "Session migrate failed.") == []
        assert said(noxfile, "", failed, "Session tests failed.") == [failed, "Session tests failed."]


def test_nox_tells_what_the_command_could_not(noxfile: ModuleType) -> None:
    texts = ["Command python -c x failed with exit code -9", "Session migrate failed.", "Session lint failed."]
    assert said(noxfile, "migrate", *texts) == texts


class Failed(Exception):
    """How a session of nox ends that has failed."""


def run_all_tests(noxfile: ModuleType, python: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the session with all folders, where the other nox ends with a code."""
    python.write_text(f'#!/bin/sh\necho "ran $*"\nexit {code}\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))

    def error(text: str) -> None:
        raise Failed(text)

    noxfile.tests(SimpleNamespace(name="tests", posargs=[], log=print, warn=print, error=error))


@pytest.mark.parametrize("code", [0, 1])
def test_folders_of_one_process_are_tested_beside_the_others_and_told_at_the_end(
    code: int, noxfile: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(noxfile, "run_tests", lambda _, folder, __: print(f"tested {folder}"))
    with pytest.raises(Failed, match="see above") if code else contextlib.nullcontext():
        run_all_tests(noxfile, tmp_path / "python", code, monkeypatch)
    *own, others = [line for line in capfd.readouterr().out.splitlines() if line.startswith(("tested ", "ran "))]
    tested = {line.removeprefix("tested ") for line in own}
    assert others.endswith(f" --session tests -- {' '.join(noxfile.BESIDE)}")
    assert tested | set(noxfile.BESIDE) == set(noxfile.TESTS)
    assert not tested & set(noxfile.BESIDE)


def test_what_is_tested_beside_is_told_where_the_others_fail(
    noxfile: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise Failed("tests/unit")

    monkeypatch.setattr(noxfile, "run_tests", fail)
    with pytest.raises(Failed, match="tests/unit"):
        run_all_tests(noxfile, tmp_path / "python", 0, monkeypatch)
    assert "ran -m nox " in capfd.readouterr().out
