"""The files for other programs through whole runs: what is written when, and what happens where nothing can be."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from interchange.errors import Exit
from keras2to3.ci.recorder import telling
from keras2to3.cli import main as command
from keras2to3.executors import scheduler
from keras2to3.executors.scheduler import migrate
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines
from tests.models import hdf5_files
from tests.models.hdf5_files import lambda_layer, sequential
from tests.support import ci_formats

OptionsFor = Callable[..., Options]


@pytest.fixture(autouse=True)
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


def run(options: Options, said: list[str] | None = None) -> Exit:
    """The exit code; `said` gets what is told besides what the run itself says."""
    quiet, stream = Lines(io.StringIO()), io.StringIO()
    try:
        return telling(options, Lines(stream), lambda recorder: migrate(options, quiet, recorder=recorder))
    finally:
        if said is not None:
            said += stream.getvalue().splitlines()


def files(folder: Path) -> dict[str, Path]:
    return {name: folder / "ci" / f"out.{name}" for name in ("junit", "sarif", "gitlab")}


@pytest.mark.usefixtures("fake_workers")
def test_every_file_is_valid_and_has_every_source(options_for: OptionsFor, tmp_path: Path) -> None:
    options = dataclasses.replace(options_for("good", "refused", "dies"), allow=("refused",), **files(tmp_path))
    assert run(options) is Exit.WORKER_DIED
    cases = ci_formats.junit(files(tmp_path)["junit"].read_bytes()).iter("testcase")
    ended = {Path(case.get("name") or "").stem: [child.tag for child in case] for case in cases}
    assert ended == {"good": ["system-out"], "refused": ["skipped"], "dies": ["error"]}
    results = ci_formats.sarif(files(tmp_path)["sarif"].read_bytes())["runs"][0]["results"]
    assert {(each["ruleId"], each["level"]) for each in results} >= {("refused", "note"), ("died", "error")}
    entries = ci_formats.gitlab(files(tmp_path)["gitlab"].read_bytes())
    assert len(entries) == len(results)
    assert sorted(path.name for path in (tmp_path / "ci").iterdir()) == ["out.gitlab", "out.junit", "out.sarif"]


@pytest.mark.usefixtures("fake_workers")
def test_what_cannot_be_written_is_code_8_and_costs_no_result(options_for: OptionsFor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    options = dataclasses.replace(options_for("good"), junit=tmp_path / "file" / "a.xml", sarif=tmp_path / "a.sarif")
    said: list[str] = []
    assert run(options, said) is Exit.ENVIRONMENT
    (text,) = said
    assert text.startswith(f"error: {tmp_path}/file/a.xml cannot be written: ")
    assert (options.output_dir / "good.keras").exists()
    assert json.loads((options.output_dir / "summary.json").read_text())["exit_code"] == 0
    assert ci_formats.sarif((tmp_path / "a.sarif").read_bytes())


@pytest.mark.usefixtures("fake_workers")
def test_a_file_is_replaced_at_once(options_for: OptionsFor, tmp_path: Path) -> None:
    target = tmp_path / "a.xml"
    target.write_text("<?xml old")
    with target.open() as old:
        assert run(dataclasses.replace(options_for("good"), junit=target)) is Exit.VERIFIED
        assert old.read() == "<?xml old"
    assert ci_formats.junit(target.read_bytes()).get("tests") == "1"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".keras2to3-")] == []


@pytest.mark.usefixtures("fake_workers")
def test_a_device_is_written_to(options_for: OptionsFor) -> None:
    assert run(dataclasses.replace(options_for("good"), junit=Path("/dev/null"))) is Exit.VERIFIED
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.usefixtures("fake_workers")
def test_on_github_there_are_annotations_and_a_summary(
    options_for: OptionsFor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# before\n\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert run(options_for("good", "refused")) is Exit.REFUSED
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("::"))
    level, properties, _ = ci_formats.annotation(line)
    assert (level, properties["file"]) == ("error", "refused.h5")
    headings, rows = ci_formats.markdown(page.read_text())
    assert headings == ["before", "keras2to3 migrate: 1 refused, 1 verified"]
    assert [row[1] for row in rows] == ["status", "refused", "verified"]


@pytest.mark.usefixtures("fake_workers")
def test_a_step_summary_that_cannot_be_written_is_told_and_changes_no_code(
    options_for: OptionsFor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    said: list[str] = []
    assert run(options_for("good"), said) is Exit.VERIFIED
    assert said == [f"warning: {tmp_path}, which GITHUB_STEP_SUMMARY names, cannot be written: Is a directory"]


@pytest.mark.usefixtures("fake_workers")
def test_an_interrupted_run_tells_what_was_not_reached(
    options_for: OptionsFor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = dataclasses.replace(options_for("a", "b"), junit=tmp_path / "a.xml")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(scheduler, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(options)
    cases = list(ci_formats.junit((tmp_path / "a.xml").read_bytes()).iter("testcase"))
    assert [case[0].get("type") for case in cases] == ["interrupted"] * 2


@pytest.mark.usefixtures("scan_here")
def test_a_check_writes_them_too_and_names_rules_that_match_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hdf5_files.write(tmp_path / "code.h5", sequential(lambda_layer("scale")))
    words = ["--output-dir", str(tmp_path / "out"), "--junit", str(tmp_path / "a.xml")]
    rules = ["--allow", "refused:Lambda,unreadable,differs", "--fail-on", "weak,lossy"]
    assert command.main(["check", str(tmp_path / "code.h5"), *words, *rules]) == 0
    (case,) = ci_formats.junit((tmp_path / "a.xml").read_bytes()).iter("testcase")
    assert (case.get("classname"), case[0].tag) == ("keras2to3.check", "skipped")
    told = capsys.readouterr()
    assert "policy: no source matches allow unreadable, fail-on lossy\n" in told.out + told.err


@pytest.mark.usefixtures("scan_here")
def test_a_command_that_cannot_begin_is_told(tmp_path: Path) -> None:
    hdf5_files.write(tmp_path / "code.h5", sequential(lambda_layer("scale")))
    (tmp_path / "out").write_text("no folder")
    words = ["--output-dir", str(tmp_path / "out"), "--junit", str(tmp_path / "a.xml")]
    assert command.main(["check", str(tmp_path / "code.h5"), *words]) == Exit.ENVIRONMENT
    (case,) = ci_formats.junit((tmp_path / "a.xml").read_bytes()).iter("testcase")
    assert (case.get("name"), case[0].tag) == ("keras2to3 check", "error")


@pytest.mark.parametrize("option", ["--junit", "--sarif", "--gitlab"])
def test_a_file_of_another_kind_is_never_replaced(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = hdf5_files.write(tmp_path / "a.h5", sequential(lambda_layer("scale")))
    before = model.read_bytes()
    for target, told in ((model, "is of another kind"), (tmp_path, "is a folder")):
        with pytest.raises(SystemExit) as ended:
            command.main(["check", option, str(target), str(tmp_path / "b.h5")])
        assert ended.value.code == Exit.USAGE
        assert told in capsys.readouterr().err
    assert model.read_bytes() == before


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "a.xml"
    target.write_text("<?xml")
    target.chmod(0)
    with pytest.raises(SystemExit):
        command.main(["check", "--junit", str(target), str(tmp_path / "b.h5")])
    assert "cannot be written" in capsys.readouterr().err
