"""A function that builds the model of weights alone: named on the command line, looked at, told, and nothing run."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from interchange.messages.verification import unproven
from interchange.messages.weights import Weights
from interchange.user_files.builders import Builder
from keras2to3.cli import main, weight_map
from keras2to3.cli.command_line import parse
from keras2to3.dry_run.assess import checked
from keras2to3.dry_run.check import verdict
from keras2to3.formats import WEIGHTS
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.reports.console import Lines
from keras2to3.reports.report import Report
from keras2to3.results.job import Job
from keras2to3.results.plan import plan
from keras2to3.scanner.process.messages import ScanRequest
from keras2to3.sources import Source
from keras2to3.task_state import Task
from keras2to3.user_files.functions import builder
from tests.models import hdf5_files

CODE = "def network():\n    return 7\n\n\nraised = None\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(CODE)
    return path


def parsed(*arguments: str) -> Options | CheckOptions:
    found = parse(arguments)
    assert isinstance(found, (Options, CheckOptions))
    return found


@pytest.mark.parametrize("verb", ["migrate", "check"])
def test_a_function_and_a_text_share_one_option(file: Path, verb: str) -> None:
    digest = hashlib.sha256(CODE.encode()).hexdigest()
    options = parsed(verb, "a.h5", "--architecture", f"{file}:network")
    assert options.builder == Builder(str(file), "network", digest)
    assert options.architecture is None
    options = parsed(verb, "a.h5", "--architecture", "a.json")
    assert (options.builder, options.architecture) == (None, Path("a.json"))


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("mine.py", "is not of the form FILE.py:FUNCTION"),
        ("mine.py:", "is not of the form FILE.py:FUNCTION"),
        ("mine.py:other", "defines no function other"),
        ("mine.py:raised", "defines no function raised"),
        ("nowhere.py:network", "cannot be read: No such file or directory"),
        ("broken.py:network", "is not Python"),
    ],
)
def test_what_is_no_function_is_a_wrong_usage(
    file: Path, place: str, says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "broken.py").write_text("def network(:\n")
    monkeypatch.chdir(file.parent)
    with pytest.raises(SystemExit) as caught:
        parsed("migrate", "a.h5", "--architecture", place)
    assert caught.value.code == Exit.USAGE
    assert says in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("more", [["--map", "map.json"], ["--format", "weights"]])
def test_options_that_need_a_function(file: Path, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (file.parent / "map.json").write_text('{"a": "b"}')
    arguments = [part if part != "map.json" else str(file.parent / part) for part in more]
    with pytest.raises(SystemExit):
        main.main(["migrate", "a.h5", *arguments])
    assert "needs --architecture FILE.py:FUNCTION" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ('{"a": "b", "a": "c"}', "is not JSON"),
        ("[]", "is not of the form"),
        ('{"a": 1}', "is not of the form"),
        ('{"a": null}', "is not of the form"),
    ],
)
def test_a_map_that_is_none(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "map.json").write_text(content)
    with pytest.raises(ValueError, match=says):
        weight_map.read(tmp_path / "map.json")


def test_a_map(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text('{"new/kernel": "old/kernel:0"}')
    assert weight_map.read(tmp_path / "map.json") == (("new/kernel", "old/kernel:0"),)
    with pytest.raises(ValueError, match="cannot be read"):
        weight_map.read(tmp_path / "nowhere.json")


def test_a_map_of_many_megabytes_is_none(tmp_path: Path) -> None:
    with (tmp_path / "map.json").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(ValueError, match="is larger than 16 MiB"):
        weight_map.read(tmp_path / "map.json")


def test_the_function_is_called_as_the_file_was_named(file: Path) -> None:
    named = builder(f"{file}:network")
    assert named.call() == 7
    assert Builder.from_json(named.to_json()) == named
    file.write_text("def network(): raise ValueError('changed')\n")
    with pytest.raises(Failure, match="has changed") as caught:
        named.call()
    assert caught.value.code is Exit.USAGE
    with pytest.raises(Failure, match="line 1 raises ValueError: changed") as caught:
        builder(f"{file}:network").call()
    assert caught.value.code is Exit.REFUSED


def test_check_says_what_the_file_is_and_runs_nothing(file: Path, tmp_path: Path) -> None:
    weights = hdf5_files.write_weights(tmp_path / "model.h5")
    file.write_text("raise RuntimeError\ndef network(): pass\n")
    named = builder(f"{file}:network")
    report = checked(ScanRequest(weights, builder=named))
    assert (report.status, report.error) == ("ready", None)
    assert report.changes == ()
    assert report.source["architecture"] == named.to_json()
    (told,) = verdict(Source(weights), report).lines()
    assert told.endswith("model.h5  only migrate runs the function")
    (tmp_path / "a.json").write_text('{"class_name": "Sequential", "config": {}}')
    report = checked(ScanRequest(tmp_path / "a.json", builder=named))
    assert report.exit_code is Exit.UNREADABLE
    assert report.error
    assert "holds no weights" in report.error.message


def test_what_is_not_proven_is_said_aloud() -> None:
    report = Report({}, "restored", verification=unproven("it raises"), weights=Weights(3, 12, 3, 0))
    stream = io.StringIO()
    job = Job(Path("a.h5"), Path("migrated"), "a", ending=".weights.h5")
    task = Task.of(job, Options((job.source,), job.output_dir))
    task.report = report
    Lines(stream).verdict(task)
    assert stream.getvalue() == (
        "restored   a.h5  NOT PROVEN EQUAL, 3 tensors in place\n    not proven equal: it raises\n"
    )


def test_weights_never_replace_their_source(tmp_path: Path) -> None:
    (job,) = plan([Source(tmp_path / "a.weights.h5")], tmp_path, WEIGHTS.ending)
    assert (job.has_target, job.failure and job.failure.code) == (False, Exit.USAGE)
    (job,) = plan([Source(tmp_path / "a.weights.h5")], tmp_path)
    assert (job.target, job.failure) == (tmp_path / "a.keras", None)
