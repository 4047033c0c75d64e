"""Arguments and exit codes."""

from __future__ import annotations

import dataclasses
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from interchange.errors import Exit, Failure
from keras2to3.cli import main, values
from keras2to3.options.commands import CheckOptions, Display, InspectOptions, Options
from keras2to3.options.given import Given


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """What reaches the scheduler; nothing is run."""
    calls: list[Options] = []
    monkeypatch.setattr(main, "_run", lambda options, show: (calls.append(options), Exit.VERIFIED)[1])
    return calls


def test_defaults(asked: list[Options]) -> None:
    assert main.main(["migrate", "a.h5", "b"]) == 0
    assert asked == [Options((Path("a.h5"), Path("b")), Path("migrated"))]


def test_every_option(asked: list[Options], tmp_path: Path) -> None:
    np.savez(tmp_path / "samples.npz", x=np.zeros(3))
    samples = str(tmp_path / "samples.npz")
    relative = os.path.relpath(sys.executable)
    words = f"migrate a.h5 --output-dir o --keras2-python {relative} --keras3-python {sys.executable} --trust"
    limits = ["--budget", "5", "--timeout", "90", "--memory", "0.5", "--jobs", "3", "--force"]
    assert (
        main.main([*words.split(), "--inputs", samples, "--rtol", "0", "--atol", "1e-3", "--inputs-only", *limits]) == 0
    )
    assert asked[0].keras2_python
    assert asked[0].keras2_python.is_absolute(), "workers run elsewhere"
    assert asked[0].keras2_python.samefile(sys.executable)
    pythons = (asked[0].keras2_python, Path(sys.executable))
    limited = {"budget": 5.0, "timeout": 90.0, "memory": 1 << 29, "jobs": 3}
    numbers = {"rtol": 0.0, "atol": 1e-3, "trust": True, "force": True, **limited}
    plain = Options((Path("a.h5"),), Path("o"), *pythons, Path(samples), inputs_only=True, **numbers)
    assert [dataclasses.replace(options, settings=()) for options in asked] == [plain]
    assert {one.name for one in asked[0].settings} >= {"inputs", "rtol", "atol", "trust"}


def test_the_verbs_that_run_nothing(asked: list[object]) -> None:
    assert main.main(["check", "a.h5", "--output-dir", "o", "--trust"]) == 0
    assert main.main(["inspect", "a.h5", "b.keras", "--json"]) == 0
    trusted = Given("trust", True, "command line")
    assert asked == [
        CheckOptions((Path("a.h5"),), Path("o"), trust=True, settings=(trusted,)),
        InspectOptions((Path("a.h5"), Path("b.keras")), display=Display(json=True)),
    ]


@pytest.mark.parametrize(
    "words",
    ["", "migrate", "check", "inspect", "check a.h5 --rtol 1", "inspect a.h5 --trust",
     "walk a.h5", "migrate a.h5 --rtol -1", "migrate a.h5 --atol nan", "migrate a.h5 --rtol much",
     "migrate a.h5 --timeout 0", "migrate a.h5 --timeout inf", "migrate a.h5 --memory 0", "migrate a.h5 --memory nan",
     "migrate a.h5 --jobs 0", "migrate a.h5 --jobs 1.5", "migrate a.h5 --keras2-python nowhere/python",
     "migrate a.h5 --inputs-only",
     "migrate a.h5 --inputs nowhere.npz", "migrate a.h5 --inputs text.npz", "migrate a.h5 --inputs other.zip"],
)  # fmt: skip
def test_a_wrong_usage_ends_with_2(
    words: str, asked: list[Options], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    monkeypatch.chdir(tmp_path)
    Path("text.npz").write_text("no archive")
    with zipfile.ZipFile("other.zip", "w") as archive:
        archive.writestr("notes.txt", "no array")
    with pytest.raises(SystemExit) as ended:
        main.main(words.split())
    assert ended.value.code == Exit.USAGE
    assert asked == []


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (Failure(Exit.ENVIRONMENT, "nowhere to write", "elsewhere"), Exit.ENVIRONMENT, "hint: elsewhere"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, "interrupted"),
        (OSError(28, "No space left on device"), Exit.ENVIRONMENT, "No space left"),
        (ZeroDivisionError("ours"), Exit.INTERNAL, "please report it"),
    ],
)
def test_nothing_is_raised_at_the_user(
    error: BaseException, code: Exit, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*_: object) -> Exit:
        raise error

    monkeypatch.setattr(main, "_run", run)
    assert main.main(["migrate", "a.h5"]) == code
    assert says in capsys.readouterr().err


def test_infinity_is_no_tolerance() -> None:
    import argparse

    with pytest.raises(argparse.ArgumentTypeError):
        values.tolerance(str(math.inf))
