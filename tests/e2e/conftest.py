"""The two environments, the models, and one run of the command over all of them."""

from __future__ import annotations

import dataclasses
import glob
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.models import broken_files, layer_rules
from tests.support.paths import MODELS, ROOT

_RUN_NOTHING = ("check", "inspect")
_PATIENCE_SECONDS = 1800  # some runs are of hundreds of models, beside others on the same cores


@dataclasses.dataclass(frozen=True)
class Command:
    """`keras2to3 migrate`, or another verb, with both environments, run in a folder of its own."""

    keras2: str
    keras3: str

    def arguments(self, *arguments: object, verb: str = "migrate") -> list[str]:
        pythons = ["--keras2-python", self.keras2, "--keras3-python", self.keras3] if verb not in _RUN_NOTHING else []
        return [sys.executable, "-m", "keras2to3", verb, *pythons, *map(str, arguments)]

    def start(self, cwd: Path, *arguments: object, verb: str = "migrate", **options: Any) -> subprocess.Popen[str]:
        """Start it with its verdicts and messages on one pipe."""
        settings: dict[str, Any] = {
            "env": {**os.environ, "PYTHONPATH": str(ROOT)},
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
        }
        return subprocess.Popen(self.arguments(*arguments, verb=verb), cwd=cwd, text=True, **{**settings, **options})

    def run(
        self, cwd: Path, *arguments: object, verb: str = "migrate", output: str = "migrated", **options: Any
    ) -> Run:
        """Run it to its end; its output folder is `cwd/output`."""
        process = self.start(cwd, *arguments, verb=verb, **options)
        lines, _ = process.communicate(timeout=_PATIENCE_SECONDS)
        return Run(process.returncode, lines, cwd / output)


@dataclasses.dataclass(frozen=True)
class Run:
    """How a run ended."""

    code: int
    lines: str
    output: Path

    def report(self, stem: str) -> Any:
        """That of the only source of this name, in whichever folder its results are."""
        (path,) = self.output.rglob(f"{glob.escape(stem)}.report.json")
        return json.loads(path.read_text())

    @property
    def summary(self) -> Any:
        return json.loads((self.output / "summary.json").read_text())

    @property
    def rows(self) -> list[Any]:
        """Those of this run; the summary has those of earlier ones, too."""
        return [row for row in self.summary["sources"] if row["run"] == self.summary["run"]]

    def codes(self) -> Mapping[str, int]:
        """The exit code of each source by the name of its file."""
        return {Path(row["source"]).name: row["exit_code"] for row in self.rows}


@pytest.fixture(scope="session")
def command() -> Command:
    return Command(os.environ["KERAS2TO3_ENV_KERAS2"], os.environ["KERAS2TO3_ENV_KERAS3"])


def selected(request: pytest.FixtureRequest, names: Iterable[str]) -> list[str]:
    """Those of the models `names` that the selected tests which use this fixture need.

    A test needs what `@pytest.mark.models` names, else what its parameter `name` says, else all of them.
    """
    names = list(names)
    needed: set[str] = set()
    for test in request.session.items:
        if request.fixturename in test.fixturenames and request.node in test.listchain():
            needed.update(_models_of(test, names))
    return [name for name in names if name in needed]


def _models_of(test: pytest.Item, names: list[str]) -> Iterable[str]:
    mark = test.get_closest_marker("models")
    if mark:
        return mark.args
    name = test.callspec.params.get("name") if hasattr(test, "callspec") else None
    return [name] if name else names


@pytest.fixture(scope="session")
def models(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of Keras 2.15 as `.h5`, made in one process."""
    return saved_by(command, tmp_path_factory.mktemp("basic"), "basic.py")


@pytest.fixture(scope="session")
def examples_of_rules(
    request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A model of one layer for each example of a rule, made in one process."""
    rows = layer_rules.examples()
    place = tmp_path_factory.mktemp("examples")
    file = place / "examples.json"
    file.write_text(json.dumps({name: rows[name] for name in selected(request, rows)}))
    return saved_by(command, place, "layer_rules.py", file)


def _plain() -> dict[str, str]:
    """An environment in which nothing of this project can be imported."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**kept, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "0"}


def saved_and_migrated(command: Command, place: Path, script: str, *arguments: object) -> Run:
    """Let a script of `tests/models/` save models in `place/models`, and migrate all of them with one command."""
    folder = saved_by(command, place, script, *arguments)
    return command.run(place, folder, "--root", folder)


def saved_by(command: Command, place: Path, script: str, *arguments: object) -> Path:
    """The folder `place/models`, in which a script of `tests/models/` has saved models with Keras 2."""
    folder = place / "models"
    folder.mkdir()
    saved = [command.keras2, str(MODELS / script), str(folder), *map(str, arguments)]
    environment = {**_plain(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(saved, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="session")
def plain_environment() -> dict[str, str]:
    return _plain()


GOOD = (
    "gru_time_major",
    "lstm_hard_sigmoid",
    "rescaling_numpy_scale",
    "adapted_bins",
    "compiled",
    "dense",
    "not_finite",
)


@pytest.fixture(scope="session")
def everything(
    request: pytest.FixtureRequest,
    command: Command,
    models: Path,
    examples_of_rules: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """One run over good and broken files, a folder, a pattern, and what is not there."""
    place = tmp_path_factory.mktemp("everything")
    broken_files.make_all(models, place / "broken", selected(request, broken_files.CASES))
    (place / "nothing").mkdir()
    (place / "other").mkdir()
    shutil.copy(models / "dense.h5", place / "other" / "Dense.h5")
    shutil.copy(ROOT / "examples" / "code_or_prose.h5", place)
    good = [models / f"{name}.h5" for name in selected(request, GOOD)]
    sources = [
        *good,
        "other/Dense.h5",
        "code_or_prose.h5",
        "broken",
        "nothing",
        "nowhere.h5",
        examples_of_rules / "*.h5",
    ]
    return command.run(place, *sources, models / "dense.h5")
