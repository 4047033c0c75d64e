"""Other versions of Keras 3: the oldest one opens what the newest writes, and writes results itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from interchange.errors import Exit
from keras2to3.environments import builder, requested_versions
from keras2to3.reports.report import Report
from tests.e2e.conftest import Command, Run

OLDEST = requested_versions.locked_version(requested_versions.OLDEST, "keras")
NAMES = ("dense", "gru_time_major", "rescaling_numpy_scale")
# An activation that is a small model of its own, which Keras 3.5 does not read.
NEWER = "lstm_hard_sigmoid"


@pytest.fixture(scope="session")
def oldest() -> Path:
    return builder.ensure(requested_versions.OLDEST, print)


def sources(models: Path) -> list[Path]:
    return [models / f"{name}.h5" for name in NAMES]


def test_the_oldest_keras_opens_what_the_newest_writes(
    command: Command, models: Path, oldest: Path, tmp_path: Path
) -> None:
    run = command.run(tmp_path, *sources(models), models / f"{NEWER}.h5", "--oldest")
    assert run.code == Exit.VERIFIED, run.lines
    for path in sources(models):
        told = Report.from_bytes((run.output / f"{path.stem}.report.json").read_bytes())  # sealed again
        assert told.output
        assert told.output.opens_from == OLDEST, run.lines
    assert run.report(NEWER)["output"]["opens_from"] == run.report(NEWER)["environments"]["keras3"]["keras"]
    assert f"{NEWER}.keras: opens_from stays at Keras" in run.lines
    assert not list(run.output.glob("*.bundle"))
    assert oldest.exists()


def test_the_oldest_keras_writes_results_itself(command: Command, models: Path, oldest: Path, tmp_path: Path) -> None:
    older = dataclasses.replace(command, keras3=str(oldest))
    run: Run = older.run(tmp_path, *sources(models), models / f"{NEWER}.h5")
    assert run.code == run.report(NEWER)["error"]["code"] == Exit.REFUSED, run.lines
    assert f"Keras {OLDEST} cannot open what it has written itself" in run.report(NEWER)["error"]["message"]
    for path in sources(models):
        report = run.report(path.stem)
        assert report["environments"]["keras3"]["keras"] == report["output"]["opens_from"] == OLDEST
