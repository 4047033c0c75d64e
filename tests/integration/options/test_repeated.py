"""A run is repeated from its report: the same source and settings, wherever it is started, or it is told why not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange.errors import Exit
from keras2to3.cli import command_line, main
from keras2to3.environments import installed_versions, supplied
from keras2to3.options.commands import CheckOptions, Options, RollbackOptions, RoundTripOptions
from keras2to3.reports.report import Report
from keras2to3.scanner.model_files import digest_file
from tests.support.paths import ROOT

REPORT = "migrated/models/fraud/a.report.json"
SETTINGS = """
rtol = 0.5
fail-on = ["weak"]
[[model]]
match = "fraud"
inputs = "one.npz"
replace = ["layer=functions.py:mine"]
[[model]]
match = "b.h5"
atol = 0.25
"""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models that have been migrated with settings of their own."""
    place = tmp_path_factory.mktemp("migrated")
    (place / "models" / "fraud").mkdir(parents=True)
    for name in ("fraud/a", "b"):
        (place / f"models/{name}.h5").write_text(name)
    np.savez(place / "one.npz", x=np.zeros(3))
    (place / "functions.py").write_text("def mine(x):\n    return x\n")
    (place / "keras2to3.toml").write_text(SETTINGS)
    payload = tmp_path_factory.mktemp("payload")
    command = [sys.executable, "-m", "tests.support.fake_command", str(payload), "migrate", "models", "--budget=9"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=place, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == Exit.VERIFIED, done.stderr
    return place


@pytest.fixture(autouse=True)
def project(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, a copy of theirs."""
    monkeypatch.chdir(shutil.copytree(migrated, tmp_path / "project"))
    return Path.cwd()


@pytest.fixture
def workers(fake_workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `run` needs."""
    monkeypatch.setattr(installed_versions, "versions", lambda *_: {"keras": "fake"})
    monkeypatch.setattr(supplied, "require", lambda *_: None)


def run(words: str) -> Exit:
    pythons = [f"--keras{number}-python={sys.executable}" for number in (2, 3)]
    return Exit(main.main([*words.split(), *pythons]))


def parsed(words: str) -> Any:
    return command_line.parse(words.split())


def told(capsys: pytest.CaptureFixture[str], words: str) -> str:
    """The last line of a usage error."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        command_line.parse(words.split())
    assert ended.value.code == Exit.USAGE
    return capsys.readouterr().err.splitlines()[-1]


def content(path: str) -> dict[str, Any]:
    return {key: value for key, value in json.loads(Path(path).read_text()).items() if key not in ("timing", "seal")}


def rewrite(path: str, **changes: Any) -> None:
    """A report as another version, or somebody else, would have written it."""
    report = Report.from_bytes(Path(path).read_bytes())
    for name, value in changes.items():
        setattr(report, name, value)
    Path(path).write_bytes(report.to_bytes())


# What a report keeps


def test_a_report_has_the_settings_of_its_model_and_where_they_stand() -> None:
    shared: Mapping[str, Any] = {
        "budget": {"value": 9.0, "from": "command line"},
        "fail-on": {"value": ["weak"], "from": "keras2to3.toml:3"},
        "rtol": {"value": 0.5, "from": "keras2to3.toml:2"},
    }
    assert content(REPORT)["settings"] == {
        **shared,
        "inputs": {"value": "../one.npz", "from": "keras2to3.toml:6"},
        "replace": {"value": ["layer=../functions.py:mine"], "from": "keras2to3.toml:7"},
    }
    assert content("migrated/models/b.report.json")["settings"] == {
        **shared,
        "atol": {"value": 0.25, "from": "keras2to3.toml:10"},
    }


@pytest.mark.usefixtures("workers")
def test_what_decides_places_and_speed_is_no_setting() -> None:
    run("migrate models/b.h5 --no-config --output-dir out --root models --jobs 1 --force --overwrite --no-html -v")
    assert content("out/b.report.json")["settings"] == {}


# Repeating


@pytest.mark.usefixtures("workers")
def test_the_same_report_is_written_again() -> None:
    run("migrate models --budget 9 --force")
    before = content(REPORT)
    Path("keras2to3.toml").write_text("rtol = 0.125\n")
    assert run(f"migrate --from {REPORT} --force") is Exit.VERIFIED
    assert content(REPORT) == before
    (row,) = [row for row in content("migrated/summary.json")["sources"] if row["name"] == "models/fraud/a"]
    assert row["resumed"] is False


@pytest.mark.usefixtures("workers")
def test_it_is_repeated_from_any_folder_and_after_a_move(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = project.rename(project.with_name("moved"))
    monkeypatch.chdir(moved / "models")
    options = parsed(f"migrate --from ../{REPORT}")
    assert isinstance(options, Options)
    assert options.sources == (Path("fraud/a.h5"),)
    assert (options.rtol, options.atol, options.budget, options.fail_on) == (0.5, None, 9.0, ("weak",))
    assert options.inputs is not None
    assert options.inputs.samefile(moved / "one.npz")
    assert options.replace[0].file == str((moved / "functions.py").resolve())
    assert run(f"migrate --from ../{REPORT} --force") is Exit.VERIFIED
    assert sorted(path.name for path in (moved / "migrated/models/fraud").glob("*.json")) == ["a.report.json"]


@pytest.mark.usefixtures("workers")
def test_files_that_are_options_count_by_what_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    run("migrate models --budget 9")
    monkeypatch.chdir("models")
    run("migrate fraud/a.h5 --root .. --output-dir ../migrated --budget 9 --inputs ../one.npz")
    (row,) = [row for row in content("../migrated/summary.json")["sources"] if row["name"] == "models/fraud/a"]
    assert row["resumed"] is True, "the same samples, called otherwise"


def test_the_command_line_wins() -> None:
    options = parsed(f"migrate --from {REPORT} --rtol 0 --output-dir out --flat")
    assert (options.rtol, options.output_dir, options.flat, options.root) == (0.0, Path("out"), True, None)
    assert {one.name: one.place for one in options.settings}["rtol"] == "command line"
    np.savez("two.npz", x=np.zeros(3))
    assert parsed(f"migrate --from {REPORT} --inputs two.npz").inputs == Path("two.npz")


def test_another_source_gets_the_same_settings() -> None:
    options = parsed(f"migrate models/b.h5 --from {REPORT}")
    assert (options.sources, options.root, options.rtol) == ((Path("models/b.h5"),), None, 0.5)


def test_other_commands_use_what_they_have() -> None:
    check = parsed(f"check --from {REPORT}")
    assert isinstance(check, CheckOptions)
    assert (check.sources, check.replace[0].layer, check.back) == ((Path("models/fraud/a.h5"),), "layer", False)
    assert parsed(f"migrate --from {REPORT}").format == "keras"
    trip = parsed(f"roundtrip --from {REPORT} --format savedmodel")
    assert isinstance(trip, RoundTripOptions)
    assert (trip.format, trip.rtol, trip.output_dir) == ("savedmodel", 0.5, Path("round-trip"))
    assert parsed(f"roundtrip --from {REPORT}").format == "h5"
    assert [one.name for one in trip.there.settings] == [one.name for one in trip.settings if one.name != "format"]


def test_a_report_of_rollback_is_repeated_by_rollback() -> None:
    rewrite(
        REPORT,
        made_with={"options": {"origin": None, "format": "savedmodel"}},
        settings={"format": {"value": "savedmodel", "from": "command line"}},
    )
    options = parsed(f"rollback --from {REPORT}")
    assert isinstance(options, RollbackOptions)
    assert (options.sources, options.format, options.origin) == ((Path("models/fraud/a.h5"),), "savedmodel", None)
    assert parsed(f"check --from {REPORT}").back is True


def test_what_a_rollback_was_trained_from_is_repeated_too() -> None:
    result = digest_file(Path("migrated/models/fraud/a.keras"))
    rewrite("migrated/models/b.report.json", made_with={"options": {"origin": {"sha256": result}}})
    origin = parsed(f"rollback models/b.h5 --from {REPORT}")
    assert (origin.sources, origin.origin) == ((Path("models/b.h5"),), Path("migrated/models/fraud/a.keras"))
    (given,) = [one for one in origin.settings if one.name == "from"]
    assert given.value == REPORT
    rewrite(
        "migrated/models/b.report.json",
        settings={"from": {"value": "models/fraud/a.report.json", "from": "command line"}},
    )
    options = parsed("rollback --from migrated/models/b.report.json")
    assert (options.sources, options.origin) == ((Path("models/b.h5"),), Path("migrated/models/fraud/a.keras"))


# What cannot be repeated


def test_what_is_no_report_of_one_source(capsys: pytest.CaptureFixture[str]) -> None:
    several = "tells of several sources, and --from takes the report of one: name a NAME.report.json"
    assert told(capsys, "migrate --from migrated/summary.json") == f"migrated/summary.json: {several}"
    page = REPORT.replace(".json", ".html")
    assert told(capsys, f"migrate --from {page}") == f"{page}: is no report: name a NAME.report.json"
    assert told(capsys, "migrate --from nowhere.json") == "nowhere.json: is not a file"
    assert told(capsys, "migrate --from migrated") == "migrated: is not a file"
    Path("edited.json").write_text(Path(REPORT).read_text().replace("0.5", "0.7"))
    assert "edited.json: not a report of keras2to3, or changed since" in told(capsys, "migrate --from edited.json")


def test_reports_of_other_versions(capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(REPORT, settings=None)
    assert "is of an earlier version of keras2to3, whose reports have no settings" in told(
        capsys, f"migrate --from {REPORT}"
    )
    assert parsed(f"rollback models/b.h5 --from {REPORT}").origin == Path("migrated/models/fraud/a.keras")
    rewrite(REPORT, schema=1)
    assert "is a report of schema 1; this version repeats those of schema 2" in told(capsys, f"migrate --from {REPORT}")


def test_reports_of_other_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert "required: SOURCE" in told(capsys, f"rollback --from {REPORT}")
    rewrite(REPORT, made_with={"options": {"origin": None}})
    for verb in ("migrate", "roundtrip"):
        line = told(capsys, f"{verb} --from {REPORT}")
        assert line == f"{REPORT}: is a report of rollback: keras2to3 rollback --from {REPORT} repeats it"


def test_a_source_that_is_another_one_or_gone(capsys: pytest.CaptureFixture[str]) -> None:
    source = Path("models/fraud/a.h5")
    source.write_text("trained further")
    told_changed = f"{REPORT}: its source {source} has changed: name it on the command line to use it as it is now"
    assert told(capsys, f"migrate --from {REPORT}") == told_changed
    assert parsed(f"migrate {source} --from {REPORT}").sources == (source,)
    source.unlink()
    gone = f"{REPORT}: its source {source} is not there: name it on the command line"
    assert told(capsys, f"migrate --from {REPORT}") == gone
    if hasattr(os, "mkfifo"):
        os.mkfifo(source)
        assert "its source cannot be read" in told(capsys, f"migrate --from {REPORT}")


def test_a_file_of_a_setting_that_is_another_one_or_gone(capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("one.npz", x=np.ones(3))
    line = told(capsys, f"migrate --from {REPORT}")
    assert line == f"{REPORT}: the file of --inputs has changed: give --inputs to use it as it is now"
    assert parsed(f"migrate --from {REPORT} --inputs one.npz").inputs == Path("one.npz")
    Path("one.npz").unlink()
    assert "inputs: one.npz is not an .npz file: No such file" in told(capsys, f"migrate --from {REPORT}")


def test_a_report_that_lies_elsewhere_finds_no_source(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(REPORT, "a.report.json")
    assert "its source" in told(capsys, "migrate --from a.report.json")


def test_no_report_gives_trust(capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(REPORT, settings={"trust": {"value": True, "from": "command line"}})
    assert "--trust, which only the command line can give: add --trust" in told(capsys, f"migrate --from {REPORT}")
    assert parsed(f"migrate --from {REPORT} --trust").trust is True


@pytest.mark.parametrize(
    ("name", "row", "text"),
    [
        ("rtol", {"value": "x", "from": ""}, "rtol has to be a number, not 'x'"),
        ("overwrite", {"value": True, "from": ""}, "overwrite: --overwrite can only be given on the command line"),
        ("rtoll", {"value": 1, "from": ""}, "rtoll is not a setting, did you mean rtol"),
        ("replace", {"value": 1, "from": ""}, "replace has to be a list of"),
        ("rtol", {"from": ""}, "has settings of another form"),
        ("inputs", {"value": "a\0b", "from": ""}, "inputs has to be the path of a file or folder"),
    ],
)
def test_a_forged_report(name: str, row: Mapping[str, Any], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(REPORT, settings={name: row})
    assert text in told(capsys, f"migrate --from {REPORT}")


def test_a_configuration_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert "exclude each other" in told(capsys, f"migrate --from {REPORT} --config keras2to3.toml")
    assert parsed(f"migrate --from {REPORT} --no-config").rtol == 0.5


def test_the_words_are_checked_without_reading_it() -> None:
    command_line.check_words(["migrate", "--from", "nowhere.report.json"])
    command_line.check_words(["rollback", "--from", "nowhere.report.json"])
