"""The dry run: verdicts, exit codes, and nothing written but its report."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3.cli.command_line import parse
from keras2to3.dry_run import assess, check
from keras2to3.options.commands import CheckOptions
from keras2to3.options.given import Given
from keras2to3.reports.console import Lines
from keras2to3.scanner.process.client import Scanner
from keras2to3.scanner.process.messages import ScanRequest
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, lambda_layer, layer, sequential

pytestmark = pytest.mark.usefixtures("scan_here")


def run(folder: Path, *names: str, trust: bool = False, **given: Any) -> tuple[Exit, str, dict]:
    """The exit code, what was said, and the report."""
    said = io.StringIO()
    options = CheckOptions(tuple(folder / name for name in names), folder / "out", trust, **given)
    code = check.check(options, Lines(said))
    assert [path.name for path in (folder / "out").iterdir()] == ["check.json"]
    return code, said.getvalue(), json.loads((folder / "out" / "check.json").read_text())


def test_who_is_asked_which_keras_wrote_it_can_say_so(tmp_path: Path) -> None:
    gru = layer("GRU", "gru", units=4, use_bias=False, recurrent_activation="sigmoid")
    architecture = {**sequential(gru), "keras_version": "unknown"}
    (tmp_path / "a.json").write_text(json.dumps(architecture))
    (row,) = run(tmp_path, "a.json", fresh_weights=True)[2]["sources"]
    assert row["exit_code"] == Exit.REFUSED
    (problem,) = row["error"]["problems"]
    assert problem["layer"] == "gru"
    told = [
        parse(["check", "a.json", "--fresh-weights", *way.split()])
        for way in re.findall(r"--written-by [\w.-]+", problem["unblock"])
    ]
    for options in told:
        assert isinstance(options, CheckOptions)
        report = assess.checked(ScanRequest.of(tmp_path / "a.json", None, options))
        assert report.error is None
        texts = " ".join(change.text for change in report.changes)
        assert ("reset_after=False" in texts) is (options.written_by == "2.2.4")
    assert len(told) == 2


def leaky(name: str) -> dict:
    return layer("LeakyReLU", name, alpha=0.1)


def test_a_model_that_would_be_tried(tmp_path: Path) -> None:
    training = '{"loss": "mse"}'
    hdf5_files.write(tmp_path / "a.h5", sequential(leaky("one"), leaky("two")), training_config=training)
    code, said, report = run(tmp_path, "a.h5")
    assert code is Exit.VERIFIED
    assert said.startswith(f"ready      {tmp_path / 'a.h5'}  2 changes, optimizer rebuilt\n")
    assert "LeakyReLU: alpha is called negative_slope in Keras 3 (2 layers)" in said
    (row,) = report["sources"]
    assert (row["status"], row["exit_code"], row["optimizer"], row["error"]) == ("ready", 0, "rebuilt", None)
    assert [change["layer"] for change in row["changes"]] == ["one", "two"]
    assert row["source"]["saved_by"]["keras_version"] == "2.15.0"


def test_one_model_of_those_in_it(tmp_path: Path) -> None:
    inner = {**sequential(leaky("one")), "config": {**sequential(leaky("one"))["config"], "name": "inner"}}
    hdf5_files.write(tmp_path / "a.h5", sequential(inner, leaky("two")))
    code, _, report = run(tmp_path, "a.h5", part="inner")
    assert code is Exit.VERIFIED
    assert [change["layer"] for change in report["sources"][0]["changes"]] == ["one"]
    code, said, _ = run(tmp_path, "a.h5", part="outer")
    assert code is Exit.USAGE
    assert "holds no model called outer" in said
    assert "Models within it: inner." in said


def test_an_architecture_alone_gets_fresh_weights_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.arch.json").write_text(json.dumps(sequential(dense())))
    code, said, _ = run(tmp_path, "a.arch.json")
    assert code is Exit.REFUSED
    assert said.startswith(f"refused    {tmp_path / 'a.arch.json'}\n    is an architecture without weights")
    assert "pass --fresh-weights" in said
    code, said, report = run(tmp_path, "a.arch.json", fresh_weights=True)
    assert code is Exit.VERIFIED
    assert "the source holds no weights" in said
    (row,) = report["sources"]
    assert (row["source"]["format"], row["source"]["architecture"]) == ("json", None)
    assert [(change["rule"], change["kind"]) for change in row["changes"]] == [("weights", "lossy")]


def test_weights_with_their_architecture_are_one_source(tmp_path: Path) -> None:
    hdf5_files.write_weights(tmp_path / "a.weights.h5")
    (tmp_path / "a.arch.json").write_text(json.dumps(sequential(dense())))
    code, said, report = run(tmp_path, "a.arch.json", "a.weights.h5")
    assert code is Exit.VERIFIED
    assert "a.weights.h5  no changes\n1 source: 1 would be tried (" in said
    (row,) = report["sources"]
    digest = hashlib.sha256((tmp_path / "a.arch.json").read_bytes()).hexdigest()
    assert row["source"]["format"] == "weights"
    assert row["source"]["architecture"] == {"path": str(tmp_path / "a.arch.json"), "sha256": digest}


def test_nothing_to_change(tmp_path: Path) -> None:
    hdf5_files.write(tmp_path / "a.h5", sequential(dense()))
    assert "a.h5  no changes\n1 source: 1 would be tried (" in run(tmp_path, "a.h5")[1]


def test_results_that_would_meet_are_told_as_migrate_does(tmp_path: Path) -> None:
    for name in ("m/a.h5", "m/a.hdf5", "n/a.h5"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        hdf5_files.write(tmp_path / name, sequential(dense()))
    code, said, report = run(tmp_path, "m", "n")
    assert (code, [row["exit_code"] for row in report["sources"]]) == (Exit.USAGE, [2, 2, 2])
    assert "results of the same name" in said
    assert run(tmp_path, ".")[2]["sources"][2]["exit_code"] == 0, "below the folder that holds all of them"
    options = CheckOptions((tmp_path / "m" / "a.h5", tmp_path / "n"), tmp_path / "out", flat=True)
    with pytest.raises(Failure) as caught:
        check.check(options, Lines(io.StringIO()))
    assert caught.value.code is Exit.USAGE


def test_a_row_has_the_settings_of_its_source(tmp_path: Path) -> None:
    hdf5_files.write(tmp_path / "good.h5")
    given = Given("custom-objects", "own.py", "keras2to3.toml:3", tmp_path)
    (row,) = run(tmp_path, "good.h5", settings=(given,))[2]["sources"]
    assert row["settings"] == {"custom-objects": {"value": "../own.py", "from": "keras2to3.toml:3"}}


def test_the_exit_code_is_the_highest(tmp_path: Path) -> None:
    hdf5_files.write(tmp_path / "good.h5")
    hdf5_files.write(tmp_path / "unsafe.h5", sequential(lambda_layer()))
    hdf5_files.write(tmp_path / "unruled.h5", sequential(dense(future=1)))
    hdf5_files.write_weights(tmp_path / "weights.h5")
    code, said, report = run(tmp_path, "good.h5", "weights.h5", "unsafe.h5", "unruled.h5", "nowhere.h5")
    assert (code, report["exit_code"]) == (Exit.REFUSED, 4)
    assert [row["exit_code"] for row in report["sources"]] == [0, 3, 4, 4, 3]
    assert [row["status"] for row in report["sources"]] == ["ready", "failed", "refused", "refused", "failed"]
    assert "5 sources: 1 would be tried, 2 would be refused, 2 would fail (" in said
    assert said.endswith(f") -> {tmp_path / 'out' / 'check.json'}\n")
    assert f"refused    {tmp_path / 'unruled.h5'}\n" in said
    assert re.search(r"failed     \S+nowhere.h5(  |\n    )does not exist", said)
    assert run(tmp_path, "good.h5", "weights.h5")[0] is Exit.UNREADABLE


def test_the_law_is_named_and_trust_lifts_it_as_far_as_rules_go(tmp_path: Path) -> None:
    hdf5_files.write(tmp_path / "a.h5", sequential(lambda_layer()))
    (row,) = run(tmp_path, "a.h5")[2]["sources"]
    assert (row["trusted"], row["error"]["problems"][0]["law"]) == (False, "bytecode")
    (row,) = run(tmp_path, "a.h5", trust=True)[2]["sources"]
    assert (row["trusted"], row["error"]["problems"][0]["law"]) == (True, None)
    assert "no rule for it" in row["error"]["problems"][0]["text"]


def test_a_source_that_breaks_us_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hdf5_files.write(tmp_path / "a.h5")
    hdf5_files.write(tmp_path / "b.h5")
    real = assess.scan_model

    def scan_model(path: Path, trust: bool, *_: object) -> object:
        if path.name == "a.h5":
            raise ZeroDivisionError
        return real(path, trust)

    monkeypatch.setattr(assess, "scan_model", scan_model)
    assert [row["exit_code"] for row in run(tmp_path, "a.h5", "b.h5")[2]["sources"]] == [Exit.INTERNAL, 0]


def test_an_interrupted_check_leaves_no_report_not_even_an_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hdf5_files.write(tmp_path / "a.h5")
    run(tmp_path, "a.h5")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Scanner, "check", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "a.h5")
    assert list((tmp_path / "out").iterdir()) == []
