"""Runs that fail for a reason outside of the models, over a folder of verified results, all of which are still there.

KERAS2TO3_FAILURES=200 makes so many of them; a few are made otherwise.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from interchange.errors import Exit
from keras2to3.reports.report import Report
from keras2to3.scanner.model_files import digest_file
from tests.support.paths import ROOT

RUNS = int(os.environ.get("KERAS2TO3_FAILURES", "24"))
MODELS = 6
PATIENCE = 300


@dataclass
class Project:
    """Models, their results, and the command with fake workers."""

    place: Path
    options: list[str] = field(default_factory=list)

    def start(self, *more: object, **settings: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.support.fake_command", str(self.place / "payload"), "migrate", "models"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            [*command, *self.options, *map(str, more)],
            cwd=self.place,
            env=environment,
            text=True,
            stderr=subprocess.PIPE,
            **settings,
        )

    def run(self, *more: object, **settings: object) -> tuple[int, str]:
        with self.start(*more, **settings) as process:
            _, lines = process.communicate(timeout=PATIENCE)
        return process.returncode, lines

    def results(self) -> dict[str, bytes]:
        """Models and their reports, byte for byte; what a killed run was at work on is gone after the next."""
        paths = (
            path
            for path in (self.place / "migrated" / "models").rglob("*")
            if path.name.endswith((".keras", ".report.json"))
        )
        return {str(path.relative_to(self.place)): path.read_bytes() for path in paths}

    def source(self, number: int) -> Path:
        return self.place / "models" / f"team-{number % 2}" / f"model_{number}.h5"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A folder of verified results."""
    made = Project(tmp_path_factory.mktemp("project"))
    for number in range(MODELS):
        made.source(number).parent.mkdir(parents=True, exist_ok=True)
        made.source(number).write_text(f"model {number}")
    code, lines = made.run()
    assert code == Exit.VERIFIED, lines
    assert len(made.results()) == 2 * MODELS
    return made


def worker_that_fails(code: Exit) -> Callable[[Project, random.Random], int]:
    """Of a wrong option for one of several: the worker answers so, and the bytes are what they were."""

    def fail(project: Project, chance: random.Random) -> int:
        path = project.source(chance.randrange(MODELS))
        before = path.read_text()
        path.write_text(f"{chance.choice(('', 'import-'))}fails-{int(code)}.")
        try:
            return project.run("--force", chance.choice(("--jobs=1", "--jobs=2")))[0]
        finally:
            path.write_text(before)

    return fail


def wrong_interpreter(project: Project, chance: random.Random) -> int:
    return project.run("--force", f"--keras{chance.choice((2, 3))}-python", shutil.which("true"))[0]


def misspelt_option(project: Project, chance: random.Random) -> int:
    return project.run("--force", chance.choice(("--tolerance=1", "--rtol=x", "--inputs=nowhere.npz", "--replace=a")))[
        0
    ]


def little_memory(project: Project, _: random.Random) -> int:
    return project.run("--force", "--memory=0.001")[0]


def little_time(project: Project, _: random.Random) -> int:
    return project.run("--force", "--timeout=0.000001")[0]


def full_disk(project: Project, chance: random.Random) -> int:
    """No file can get longer than this, of the command's nor of its workers'."""
    limit = chance.choice((0, 100, 500, 1500))

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    return project.run("--force", preexec_fn=limited)[0]


def closed_folder(project: Project, chance: random.Random) -> int:
    """A file lies where a folder is needed, for the run or for its results."""
    blocked = project.place / "migrated" / ".keras2to3"
    shutil.rmtree(blocked, ignore_errors=True)  # rows that no summary could be written of
    blocked.write_text("")
    try:
        return project.run("--force")[0]
    finally:
        blocked.unlink()


def source_that_is_gone(project: Project, chance: random.Random) -> int:
    path = project.source(chance.randrange(MODELS))
    moved = path.rename(path.with_suffix(".away"))
    try:
        return project.run("--force", path)[0]
    finally:
        moved.rename(path)


def signalled(number: signal.Signals) -> Callable[[Project, random.Random], int]:
    def fail(project: Project, chance: random.Random) -> int:
        with project.start("--force", chance.choice(("--jobs=1", "--jobs=3"))) as process:
            time.sleep(chance.uniform(0, 1.5))
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            process.communicate(timeout=PATIENCE)
        return process.returncode

    return fail


FAILURES: Mapping[str, Callable[[Project, random.Random], int]] = {
    **{f"code {code.value}": worker_that_fails(code) for code in Exit if code not in (0, 4, 6, 130)},
    "a wrong interpreter": wrong_interpreter,
    "a misspelt option": misspelt_option,
    "little memory": little_memory,
    "little time": little_time,
    "a full disk": full_disk,
    "a folder that is closed": closed_folder,
    "a source that is gone": source_that_is_gone,
    "Ctrl-C": signalled(signal.SIGINT),
    "a polite kill": signalled(signal.SIGTERM),
    "a kill": signalled(signal.SIGKILL),
}


@pytest.mark.parametrize("number", range(RUNS))
def test_all_results_are_still_there(number: int, project: Project) -> None:
    """`--force` makes every result anew, the same bytes: its report differs in what it took."""
    chance = random.Random(number)
    what = list(FAILURES)[number % len(FAILURES)]
    before = project.results()
    code = FAILURES[what](project, chance)
    if "kill" not in what and what != "Ctrl-C":
        assert code != 0, what
    after = project.results()
    assert after.keys() == before.keys(), what
    for name, content in after.items():
        if name.endswith(".keras"):
            assert content == before[name], what
            output = Report.from_bytes(after[name.replace(".keras", ".report.json")]).output
            assert output
            assert output.sha256 == digest_file(project.place / name), what
        else:
            assert without_timing(content) == without_timing(before[name]), what


def without_timing(report: bytes) -> dict[str, object]:
    return {key: value for key, value in json.loads(report).items() if key != "timing"}


def test_the_next_run_finds_everything_done(project: Project) -> None:
    code, lines = project.run()
    assert code == Exit.VERIFIED, lines
    rows = json.loads((project.place / "migrated" / "summary.json").read_text())["sources"]
    assert [row["resumed"] for row in rows] == [True] * MODELS, lines
    assert sorted(path.name for path in (project.place / "migrated").iterdir()) == [
        "models",
        "summary.html",
        "summary.json",
    ]
    assert not list((project.place / "migrated").rglob("*.failed.json"))
